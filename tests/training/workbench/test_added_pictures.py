"""Pictures that were handed in are kept for as long as somebody needs them."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.contract import Label
from edge.errors import ConfigError, StorageError
from edge.types import Box
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import DataLayout, FaceRecord
from training.workbench.added_pictures import AddedPictures
from training.workbench.data_desk import DataDesk
from training.workbench.jobs import JobFolder, JobOutcomeNote, JobPlan, JobQueue, JobState


@pytest.fixture
def added(tmp_path: Path) -> AddedPictures:
    """Beside a split of which one face is in the folder of the job "joined"."""
    record = FaceRecord(
        "folder/joined/1.png#0",
        tmp_path / "added" / "joined" / "1.png",
        Box(0, 0, 9, 9),
        Label.WITH_MASK,
        DataLayout.FOLDER,
    )
    split = tmp_path / "split.json"
    split.write_text(SplitManifest.of([SplitFace(record, 0, SplitPart.TRAIN)], 1, "f").model_dump_json())
    return AddedPictures(tmp_path / "added", DataDesk(split, tmp_path), JobQueue(tmp_path / "jobs"))


def job(added: AddedPictures, name: str, state: JobState, exit_code: int = 0) -> Path:
    """A job that stands so; the folder of its pictures."""
    folder = added.queue.folder / name
    folder.mkdir(parents=True)
    JobFolder(folder).write("job.json", JobPlan("add", "Add pictures", (("add",),), 0.0))
    if state is not JobState.QUEUED:
        JobFolder(folder).write("outcome.json", JobOutcomeNote(state, 1.0, exit_code))
    place = added.place(name)
    place.mkdir()
    return place


def test_pictures_of_jobs_that_ended_without_adding_them_go(added: AddedPictures) -> None:
    """Failed or cancelled, or where all were there before."""
    folders = [
        job(added, "failed", JobState.FAILED, ConfigError.exit_code),
        job(added, "cancelled", JobState.CANCELLED),
        job(added, "known", JobState.FINISHED),
    ]
    added.tidy()
    assert not any(folder.exists() for folder in folders)


def test_pictures_that_somebody_needs_stay(added: AddedPictures) -> None:
    """Those that the split names, also of a job that was cancelled too late, and of jobs that can go on."""
    folders = [
        job(added, "joined", JobState.CANCELLED),
        job(added, "waiting", JobState.QUEUED),
        job(added, "full", JobState.FAILED, StorageError.exit_code),
    ]
    added.tidy()
    assert all(folder.exists() for folder in folders)


def test_nothing_goes_where_the_split_cannot_be_read(added: AddedPictures) -> None:
    """Nobody knows then what it needs."""
    folder = job(added, "failed", JobState.FAILED, ConfigError.exit_code)
    added.desk.split.write_text("damaged")
    added.tidy()
    assert folder.exists()


def test_what_a_killed_workbench_left(added: AddedPictures) -> None:
    """Pictures whose job was never written down go when the next one starts."""
    left = [added.place("partial-one"), added.place("two")]
    for folder in left:
        folder.mkdir()
    known = job(added, "waiting", JobState.QUEUED)
    added.clear_unfinished()
    assert not any(folder.exists() for folder in left)
    assert known.exists()
