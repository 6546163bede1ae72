"""A job in a process of its own."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.errors import SourceError
from training.job_process import LostProcessError, run_job


@dataclass(frozen=True, slots=True)
class Say:
    """Prints, and leaves its process in a file."""

    file: Path

    def __call__(self) -> None:
        sys.stdout.write("something of a library\n")
        self.file.write_text(str(os.getpid()))


def misses_a_picture() -> None:
    raise SourceError("7.jpg is gone")


def fails() -> None:
    raise ZeroDivisionError


def is_killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_job_is_done_elsewhere(tmp_path: Path) -> None:
    """What it prints is not taken for its outcome."""
    outcome = run_job(Say(tmp_path / "done"))
    assert (outcome.sentence, outcome.trace) == ("", "")
    assert (tmp_path / "done").read_text() != str(os.getpid())


def test_errors_come_back() -> None:
    """Those that a user can do something about as a sentence with its exit code, others as their trace."""
    expected = run_job(misses_a_picture)
    assert (expected.sentence, expected.exit_code) == ("7.jpg is gone", 4)
    assert "ZeroDivisionError" in run_job(fails).trace


def test_a_killed_process_is_no_outcome() -> None:
    """So that the job can be done again."""
    with pytest.raises(LostProcessError, match="ended with -9"):
        run_job(is_killed)
