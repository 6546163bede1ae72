"""What the process of a job notes of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import ConfigError
from training.workbench.job_worker import ProgressNotes, work
from training.workbench.jobs import JobFolder, JobProgress


def noted(job: JobFolder) -> JobProgress:
    found = job.read("progress.json", JobProgress)
    assert found is not None
    return found


def test_when_a_job_is_expected_to_end(tmp_path: Path) -> None:
    """At the pace since the first note, which need not be at the beginning of all; nothing is said before."""
    now = [1000.0]
    job = JobFolder(tmp_path)
    notes = ProgressNotes(job, lambda: now[0])
    notes("reading", None, None)
    assert noted(job) == JobProgress("reading")
    notes("epoch 3 of 4", 0.0, 0.5)
    assert noted(job).ends_at is None
    now[0] = 1010.0
    notes("epoch 3 of 4", 0.5, 0.6)
    assert noted(job).ends_at == pytest.approx(1050.0)
    notes("", None, None)
    assert noted(job) == JobProgress("", None, 0.6, pytest.approx(1050.0))
    now[0] = 1060.0
    notes("epoch 1 of 4", 0.0, 0.0)
    assert noted(job).ends_at is None, "another training of the same job"


def test_a_title_is_noted_at_once(tmp_path: Path) -> None:
    """How far it is only a few times a second."""
    now = [1000.0]
    job = JobFolder(tmp_path)
    notes = ProgressNotes(job, lambda: now[0])
    notes("one", 0.1, None)
    notes("one", 0.2, None)
    assert noted(job).share == 0.1
    notes("two", 0.3, None)
    assert noted(job).share == 0.3


def test_a_folder_of_no_job(tmp_path: Path) -> None:
    """It is named, and nothing is put there."""
    with pytest.raises(ConfigError, match="is not the folder of a job"):
        work(tmp_path, lambda _: None)
    assert not list(tmp_path.iterdir())
