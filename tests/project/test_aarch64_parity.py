"""The script that compares x86-64 with emulated aarch64, where there is no emulation."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.paths import ROOT

SCRIPTS = ROOT / "scripts"


def run(*arguments: object, path: str = os.environ["PATH"]) -> subprocess.CompletedProcess[str]:
    """Runs a script of the project."""
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        env={**os.environ, "PATH": path, "PYTHONPATH": str(SCRIPTS.parent)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("options", "code"), [((), 0), (("--require",), 3)])
def test_it_skips_with_a_reason(tmp_path: Path, options: tuple[str, ...], code: int) -> None:
    """Where what it needs is not there; --require makes that an error."""
    done = run(SCRIPTS / "aarch64_parity.py", "--home", tmp_path / "home", *options, path=str(tmp_path))
    assert done.returncode == code
    assert done.stdout.startswith("skipped: ")
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


def test_both_sides_answer_alike_on_one_processor() -> None:
    """The same pixels and probabilities twice, and every label among the made-up crops."""
    bundle = SCRIPTS.parent / "edge" / "models"
    first, second = (run(SCRIPTS / "aarch64_worker.py", bundle, 40) for _ in range(2))
    assert first.returncode == 0, first.stderr
    assert first.stdout == second.stdout
    answers = json.loads(first.stdout)["answers"]
    assert len(answers) == 40
    assert {max(range(3), key=shares.__getitem__) for shares in answers} == {0, 1, 2}
