"""One model in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge import bundle
from edge.benchmark.model_worker import largest_mb


def test_the_largest_memory_is_read_from_the_status_of_a_process(tmp_path: Path) -> None:
    """In MB, whatever it takes now."""
    (tmp_path / "status").write_text("Name:\tpython\nVmHWM:\t 4096 kB\nVmRSS:\t 2048 kB\n")
    assert largest_mb(tmp_path / "status") == pytest.approx(4)


def test_it_answers_as_many_calls_as_are_asked_for() -> None:
    """Each with its milliseconds; at the end of the input it says how much memory it took."""
    model = str(bundle.SHIPPED / bundle.CLASSIFIER)
    command = [sys.executable, "-m", "edge.benchmark.model_worker", model, "auto", "1"]
    done = subprocess.run(command, input="2\n3\n", capture_output=True, text=True, check=True)
    ready, *laps, memory = [json.loads(line) for line in done.stdout.splitlines()]
    assert ready == "ready"
    assert [len(lap) for lap in laps] == [2, 3]
    assert all(ms > 0 for lap in laps for ms in lap)
    assert memory["peak_mb"] > memory["model_mb"]
