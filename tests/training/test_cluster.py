"""Jobs on the workers of a Dask cluster; the cluster is real, two processes on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from edge.errors import ConfigError, SourceError
from tests.support.clusters import local_cluster
from training.cluster import run_on_cluster

pytestmark = pytest.mark.slow


@dataclass(frozen=True, slots=True)
class Job:
    """Leaves a file that names the process; the first try of one that is to be lost ends its worker."""

    name: str
    folder: Path
    lost: bool = False

    def __call__(self) -> None:
        tried = self.folder / f"{self.name}-tried"
        if self.lost and not tried.exists():
            tried.touch()
            os.kill(os.getppid(), signal.SIGKILL)
            # Ended by the loss of the worker.
            threading.Event().wait()
        (self.folder / self.name).write_text(str(os.getpid()))


@dataclass(frozen=True, slots=True)
class Fails:
    """Cannot read a picture."""

    name: str = "fold 2"

    def __call__(self) -> None:
        raise SourceError("7.jpg is gone")


@pytest.fixture(scope="module")
def scheduler() -> Iterator[str]:
    """The address of a scheduler with two workers."""
    with local_cluster(2) as address:
        yield address


def test_every_job_is_done_and_told(scheduler: str, tmp_path: Path) -> None:
    """By workers, not by the process that asks for them."""
    jobs = [Job(f"job-{at}", tmp_path) for at in range(6)]
    told: list[str] = []
    run_on_cluster(jobs, scheduler, told.append)
    assert sorted(told) == [f"job-{at} is done" for at in range(6)]
    done = {(tmp_path / job.name).read_text() for job in jobs}
    # Each has a process of its own.
    assert len(done) == len(jobs)
    assert str(os.getpid()) not in done


def test_the_job_of_a_lost_worker_is_done_again(scheduler: str, tmp_path: Path) -> None:
    """A worker that is killed in the middle loses nothing but time."""
    jobs = [Job("first", tmp_path), Job("lost", tmp_path, lost=True), Job("last", tmp_path)]
    run_on_cluster(jobs, scheduler, lambda _: None)
    assert (tmp_path / "lost-tried").exists()
    assert all((tmp_path / job.name).exists() for job in jobs)


def test_an_error_of_a_job_is_a_sentence(scheduler: str, tmp_path: Path) -> None:
    """With the job's name and the exit code that it would have had here."""
    with pytest.raises(Exception, match=r"fold 2: 7\.jpg is gone") as failure:
        run_on_cluster([Fails()], scheduler, lambda _: None)
    assert getattr(failure.value, "exit_code", None) == SourceError.exit_code


def test_a_scheduler_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is named, with what to do, and so is an address that is none."""
    monkeypatch.setattr("training.cluster.SCHEDULER_WAIT_S", 0.5)
    for address in ("tcp://127.0.0.1:1", "nowhere://x"):
        with pytest.raises(ConfigError, match=f"--scheduler {address}: no Dask scheduler answers"):
            run_on_cluster([], address, lambda _: None)


def test_workers_that_cannot_be_used(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """None at all, and one that trains two networks in one process."""
    monkeypatch.setattr("training.cluster.WORKER_WAIT_S", 0.5)
    jobs = [Job("one", tmp_path)]
    for workers, threads, words in ((0, 1, "no worker is there"), (1, 2, "start workers with --nthreads 1")):
        with (
            local_cluster(workers, threads=threads, processes=False) as address,
            pytest.raises(ConfigError, match=words),
        ):
            run_on_cluster(jobs, address, lambda _: None)


def test_without_the_extra_one_sentence(split: Path) -> None:
    """Exit code 8, and only where a scheduler is asked for."""
    code = (
        "import sys; sys.modules['distributed'] = None\n"
        "from training.commands import main\n"
        "import training.commands.folds as folds\n"
        "folds.require_weights = lambda *_: None\n"
        "main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "folds", "--split", split, "--scheduler", "tcp://127.0.0.1:1",
         "--cache", split.parent / "cache"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 8, done.stderr
    (line,) = done.stderr.splitlines()
    assert "this command needs distributed, which is not installed" in line
