"""The queue of jobs: one at a time, and nothing of it is lost when the workbench ends."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from edge.errors import ConfigError, StorageError
from tests.support.jobs import launch, wait_until
from training.workbench import jobs
from training.workbench.jobs import JobFolder, JobQueue, JobState
from training.workbench.process_identity import ProcessIdentity


@pytest.fixture
def queue(tmp_path: Path) -> JobQueue:
    return JobQueue(tmp_path / "jobs", launch)


def submit(queue: JobQueue, *steps: tuple[str, ...]) -> str:
    return queue.submit(queue.new("try"), "try", "A try", steps).id


def ended(queue: JobQueue, name: str, state: JobState) -> None:
    wait_until(lambda: queue.status(name).state not in jobs.WAITING)
    assert queue.status(name).state is state


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "\0", "x" * 5000])
def test_a_name_of_no_job(queue: JobQueue, name: str) -> None:
    """Is known to be none, whatever it is made of."""
    assert not queue.knows(name)
    with pytest.raises(ConfigError, match="there is no job"):
        queue.of(name)


def test_a_job_runs_to_its_end(queue: JobQueue) -> None:
    """Its steps follow each other; what they print is kept, for people and for programs apart."""
    name = submit(queue, ("say", "one"), ("say", "two"))
    ended(queue, name, JobState.FINISHED)
    assert queue.of(name).results() == [{"said": "one"}, {"said": "two"}]
    assert queue.of(name).log().splitlines()[1] == "for people"
    assert queue.status(name).sentence == ""


def test_the_second_waits_for_the_first(queue: JobQueue, tmp_path: Path) -> None:
    """It begins when the first has ended and somebody looks."""
    first, second = submit(queue, ("wait", str(tmp_path / "go"))), submit(queue, ("say", "two"))
    assert [one.state for one in queue.all()] == [JobState.QUEUED, JobState.RUNNING]
    assert [one.id for one in queue.all()] == [second, first]
    (tmp_path / "go").touch()
    ended(queue, first, JobState.FINISHED)
    queue.advance()
    ended(queue, second, JobState.FINISHED)


def test_a_later_workbench_finds_the_job(queue: JobQueue, tmp_path: Path) -> None:
    """The process is known by more than its number, and tells how far it is."""
    name = submit(queue, ("wait", str(tmp_path / "go")))
    later = JobQueue(queue.folder, launch)
    wait_until(lambda: (later.status(name).progress or jobs.JobProgress("")).whole is not None)
    found = later.status(name)
    assert found.state is JobState.RUNNING
    assert found.progress is not None
    assert found.progress.title == "waiting"
    assert later.cancel(name).state is JobState.CANCELLED
    process = JobFolder(queue.folder / name).read("process.json", ProcessIdentity)
    assert process is not None
    assert not process.lives


def test_cancelling_what_waits(queue: JobQueue, tmp_path: Path) -> None:
    """It never begins; what runs goes on. Of what has ended nothing changes."""
    first, second = submit(queue, ("wait", str(tmp_path / "go"))), submit(queue, ("say", "two"))
    assert queue.cancel(second).state is JobState.CANCELLED
    assert queue.status(first).state is JobState.RUNNING
    (tmp_path / "go").touch()
    ended(queue, first, JobState.FINISHED)
    assert queue.cancel(first).state is JobState.FINISHED
    assert not queue.of(second).file("process.json").exists()


def test_a_cancelled_job_is_resumed(queue: JobQueue, tmp_path: Path) -> None:
    """With steps that go on; a finished one cannot be resumed."""
    name = submit(queue, ("wait", str(tmp_path / "go")))
    queue.cancel(name)
    (tmp_path / "go").touch()
    queue.resume(name, [("say", "again")])
    ended(queue, name, JobState.FINISHED)
    assert queue.of(name).results() == [{"said": "again"}]
    with pytest.raises(ConfigError, match="is finished; only one that was stopped can be resumed"):
        queue.resume(name, [])


@pytest.mark.parametrize(
    ("step", "state", "words"),
    [
        ("refuse", JobState.FAILED, "the file is none"),
        ("usage", JobState.FAILED, "no such option"),
        ("crash", JobState.FAILED, "crash failed at something unforeseen: RuntimeError('odd')"),
        ("gate", JobState.FINISHED, "not better"),
        ("die", JobState.INTERRUPTED, "ended without a word"),
    ],
)
def test_how_a_job_ends(queue: JobQueue, step: str, state: JobState, words: str) -> None:
    """One sentence says it, and no later step is done; the next job is not held up."""
    name = submit(queue, (step,), ("say", "never"))
    ended(queue, name, state)
    assert words in queue.status(name).sentence
    assert queue.of(name).results() == []
    assert (state in jobs.RESUMABLE) == (state is not JobState.FINISHED)


def test_a_full_disk_amid_a_job(queue: JobQueue, tmp_path: Path) -> None:
    """Is one sentence, which the job still gets to say; what it wrote is whole or not there."""
    name = submit(queue, ("fill", str(tmp_path / "model")), ("say", "never"))
    ended(queue, name, JobState.FAILED)
    assert "model cannot be written" in queue.status(name).sentence
    assert "Make room" in queue.status(name).sentence
    assert not (tmp_path / "model").exists()
    assert not queue.of(name).file("reserve").exists()


def test_a_job_that_cannot_be_started(tmp_path: Path) -> None:
    """It has failed, with the system's answer."""

    def refuse(_folder: Path) -> int:
        raise OSError(11, "Resource temporarily unavailable")

    queue = JobQueue(tmp_path / "jobs", refuse)
    found = queue.status(submit(queue, ("say", "one")))
    assert found.state is JobState.FAILED
    assert found.sentence.endswith("cannot be started: Resource temporarily unavailable")


def test_a_job_that_cannot_be_written_down(queue: JobQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of it stays behind."""

    def full(*_: object) -> None:
        raise StorageError("job.json cannot be written: No space left on device")

    folder = queue.new("try")
    monkeypatch.setattr(jobs, "write_atomic", full)
    with pytest.raises(StorageError, match="No space left"):
        queue.submit(folder, "try", "A try", [])
    assert queue.all() == ()
    assert not folder.path.exists()


@pytest.mark.parametrize("name", ["absent", "../jobs", ".", ""])
def test_a_job_that_is_not_there(queue: JobQueue, name: str) -> None:
    """A name is none of a path."""
    with pytest.raises(ConfigError, match="there is no job"):
        queue.status(name)


def test_a_number_that_was_given_again(tmp_path: Path) -> None:
    """Another process of that number is not the job's."""
    mine = ProcessIdentity.of(os.getpid())
    assert mine is not None
    job = JobFolder(tmp_path)
    job.write("job.json", jobs.JobPlan("try", "A try", (), 0.0))
    job.write("process.json", ProcessIdentity(mine.pid, mine.began + 1, mine.boot))
    found = job.status()
    assert found is not None
    assert found.state is JobState.INTERRUPTED
