"""The table of the faults that were brought about."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SCRIPT = ROOT / "scripts" / "faults_table.py"


def test_parts_of_a_fault_are_one_row(tmp_path: Path) -> None:
    """Counts are added up, the worst time and the lowest pace are shown."""
    results = tmp_path / "results.jsonl"
    results.write_text(
        '{"fault": "cut", "times": 1000, "lost": 1, "back_within_s": 0.5, "a_second": 20}\n'
        '{"fault": "other", "times": 3, "owed_at_most": 2}\n'
        '{"fault": "cut", "times": 500, "lost": 2, "back_within_s": 1.5, "a_second": 10}\n'
    )
    shown = subprocess.run([sys.executable, SCRIPT, results], capture_output=True, text=True, check=True)
    assert shown.stdout.splitlines()[2:] == [
        "| cut | 1,500 | 3 lost, back within 1.5 s, 10 a second |",
        "| other | 3 | 2 owed at most |",
    ]


@pytest.mark.parametrize("line", ["{", "[1]", '{"fault": "cut"}', "\xff"])
def test_a_damaged_line_is_named(tmp_path: Path, line: str) -> None:
    """A line that a full disk cut off, or that is something else, gets one sentence with its number."""
    results = tmp_path / "results.jsonl"
    results.write_text(f'{{"fault": "cut", "times": 1}}\n{line}\n', encoding="latin-1")
    shown = subprocess.run([sys.executable, SCRIPT, results], capture_output=True, text=True, check=False)
    assert shown.returncode == 1
    assert shown.stdout == ""
    assert shown.stderr == f"{results}: line 2 is no result of a fault; remove it\n"


def test_every_fault_has_a_target_that_runs_it() -> None:
    """`make faults` names the folder of each test that the other runs leave out."""
    (command,) = re.findall(r"-m faults ([^;]+);", (ROOT / "Makefile").read_text())
    named = [ROOT / folder for folder in command.split()]
    marked = [
        file for file in (ROOT / "tests").rglob("test_*.py") if re.search(r"mark\.faults\b", file.read_text())
    ]
    assert len(marked) > 10
    assert not [file for file in marked if not any(folder in file.parents for folder in named)]
