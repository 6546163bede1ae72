"""Jobs: commands of `maskgate-train` that run one after another, each in a process of its own.

A job is a folder. What is in it says how the job stands, so that nothing is lost when the workbench ends: a
job runs on without it, and a workbench that starts later finds it.

| file | written by | holds |
|---|---|---|
| `job.json` | whoever queues it | its steps, and since when it waits |
| `process.json` | who starts it | which process it is |
| `progress.json` | the process | how far it is |
| `outcome.json` | the process, or who cancels it | how it ended |
| `split.json`, `corrections.csv` | whoever queues it | the data as it was then, of a job that keeps to it |
| `log.txt`, `results.txt` | the process | what the commands print: for people, and as JSON |
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from edge.errors import ConfigError, StorageError
from edge.system.files import write_atomic
from edge.system.parsing import parse_json
from training.workbench.file_lock import file_lock
from training.workbench.process_identity import ProcessIdentity

ENDING_S = 10.0
"""A cancelled job that has not ended after this time is killed."""
LOG_BYTES = 200_000
"""So much of the end of a log is shown."""

Launcher = Callable[[Path], int]
"""Starts the process of the job in a folder, which is to lead a process group; gives its number."""
Value = TypeVar("Value")


class JobState(StrEnum):
    """How a job stands; one that is interrupted, cancelled or failed can be resumed."""

    QUEUED = "queued"
    RUNNING = "running"
    INTERRUPTED = "interrupted"
    CANCELLED = "cancelled"
    FAILED = "failed"
    FINISHED = "finished"


WAITING = frozenset({JobState.QUEUED, JobState.RUNNING})
RESUMABLE = frozenset({JobState.INTERRUPTED, JobState.CANCELLED, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class JobPlan:
    """What is to be done.

    Attributes:
        kind: One of the workbench's, such as "retrain".
        title: For people.
        steps: The words of each command, without the program's name.
        queued_at: Unix time.
    """

    kind: str
    title: str
    steps: tuple[tuple[str, ...], ...]
    queued_at: float


@dataclass(frozen=True, slots=True)
class JobProgress:
    """How far a job is.

    Attributes:
        title: What it does now.
        share: Of that, how much is done; None where nobody knows.
        whole: Of the longest of its steps, how much is done; None before it has begun.
        ends_at: Unix time at which that is expected to end; None where nothing can be said yet.
    """

    title: str
    share: float | None = None
    whole: float | None = None
    ends_at: float | None = None


@dataclass(frozen=True, slots=True)
class JobOutcomeNote:
    """How a job ended: its state, the exit code of the step that ended it, and what there is to say."""

    state: JobState
    ended_at: float
    exit_code: int = 0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class JobStatus:
    """A job as it stands; `began_at` is None before it has begun, `outcome` before it has ended."""

    id: str
    plan: JobPlan
    state: JobState
    began_at: float | None
    progress: JobProgress | None
    outcome: JobOutcomeNote | None

    @property
    def sentence(self) -> str:
        """What there is to say of its end."""
        if self.state is JobState.INTERRUPTED:
            return "the job ended without a word, as after a kill or a power cut; resume it"
        return self.outcome.sentence if self.outcome else ""


@dataclass(frozen=True, slots=True)
class JobFolder:
    """The folder of a job; its name is the job's id."""

    path: Path

    def file(self, name: str) -> Path:
        """A file in it."""
        return self.path / name

    def write(self, name: str, value: Any) -> None:
        """Writes a dataclass as JSON, in one piece.

        Raises:
            StorageError: It cannot be written.
        """
        write_atomic(self.file(name), json.dumps(asdict(value), indent=1).encode())

    def read(self, name: str, kind: type[Value]) -> Value | None:
        """Reads what `write` has written; None where nothing has, or where it is damaged."""
        try:
            return TypeAdapter(kind).validate_json(self.file(name).read_bytes())
        except (OSError, ValidationError):
            return None

    def status(self) -> JobStatus | None:
        """How the job stands; None where there is none."""
        plan = self.read("job.json", JobPlan)
        if plan is None:
            return None
        # In this order: a job that ends meanwhile has its outcome before its process is gone.
        process = self.read("process.json", ProcessIdentity)
        runs = process is not None and process.lives
        outcome = self.read("outcome.json", JobOutcomeNote)
        state = JobState.QUEUED
        if outcome is not None:
            state = outcome.state
        elif process is not None:
            state = JobState.RUNNING if runs else JobState.INTERRUPTED
        began = self.file("process.json").stat().st_mtime if process is not None else None
        return JobStatus(self.path.name, plan, state, began, self.read("progress.json", JobProgress), outcome)

    def log(self) -> str:
        """The end of what its commands have told."""
        try:
            with self.file("log.txt").open("rb") as file:
                file.seek(max(0, file.seek(0, os.SEEK_END) - LOG_BYTES))
                return file.read().decode(errors="replace")
        except OSError:
            return ""

    def results(self) -> list[dict[str, Any]]:
        """What its finished steps have printed as JSON."""
        found = []
        with suppress(OSError):
            for line in self.file("results.txt").read_text(errors="replace").splitlines():
                with suppress(ValueError):
                    found.append(parse_json(line))
        return [one for one in found if isinstance(one, dict)]


def launch(folder: Path) -> int:
    """Starts the process of a job, which goes on when this one ends."""
    command = [sys.executable, "-c", "from training.commands import main; main()", "job", str(folder)]
    # Its modules are found where this process finds them.
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    process = subprocess.Popen(  # noqa: S603 - this interpreter, and the workbench's own folder
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    # Asked how it ended, or it would stay in the table of processes.
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid


class JobQueue:
    """The jobs below a folder, of which one runs at a time; may be used by several threads and processes."""

    def __init__(self, folder: Path, launcher: Launcher = launch) -> None:
        self.folder = folder
        self._launch = launcher

    def all(self) -> tuple[JobStatus, ...]:
        """Every job, the newest first."""
        found = [JobFolder(path).status() for path in self._folders()]
        return tuple(sorted(filter(None, found), key=lambda one: (one.plan.queued_at, one.id), reverse=True))

    def of(self, name: str) -> JobFolder:
        """The folder of a job.

        Raises:
            ConfigError: There is none of that id.
        """
        if not self.knows(name):
            raise ConfigError(f"there is no job {name}")
        return JobFolder(self.folder / name)

    def knows(self, name: str) -> bool:
        """Whether there is a job of that id."""
        # No file can have a name with a null byte, and to look for one is an error of another kind.
        is_name = Path(name).name == name and "\0" not in name
        return is_name and JobFolder(self.folder / name).status() is not None

    def status(self, name: str) -> JobStatus:
        """How a job stands; raises like `of`."""
        found = self.of(name).status()
        assert found is not None  # noqa: S101 - `of` has looked
        return found

    def new(self, kind: str) -> JobFolder:
        """A folder for a job, which is none before `submit`; what it needs may be put there.

        Raises:
            StorageError: It cannot be made.
        """
        stem = f"{datetime.now():%Y%m%d-%H%M%S}-{kind}"
        for number in range(1, 1000):
            path = self.folder / (stem if number == 1 else f"{stem}-{number}")
            try:
                path.mkdir(parents=True)
            except FileExistsError:
                continue
            except OSError as error:
                raise StorageError(
                    f"{path} cannot be made: {error.strerror}; make room for it", error
                ) from None
            return JobFolder(path)
        raise StorageError(f"{self.folder} holds too many jobs; remove old ones")

    def submit(self, job: JobFolder, kind: str, title: str, steps: Sequence[Sequence[str]]) -> JobStatus:
        """Puts a job at the end of the queue, and starts it if none runs.

        Raises:
            StorageError: It cannot be written down; its folder is gone then.
        """
        plan = JobPlan(kind, title, tuple(map(tuple, steps)), time.time())
        try:
            job.write("job.json", plan)
        except StorageError:
            shutil.rmtree(job.path, ignore_errors=True)
            raise
        self.advance()
        return self.status(job.path.name)

    def advance(self) -> None:
        """Starts the job that has waited longest, if none runs; to be called now and then."""
        with file_lock(self.folder / ".lock"):
            waiting = [one for one in self.all() if one.state in WAITING]
            if waiting and all(one.state is JobState.QUEUED for one in waiting):
                self._begin(JobFolder(self.folder / waiting[-1].id))

    def _begin(self, job: JobFolder) -> None:
        try:
            pid = self._launch(job.path)
        except OSError as error:
            sentence = f"the process of the job cannot be started: {error.strerror}"
            job.write("outcome.json", JobOutcomeNote(JobState.FAILED, time.time(), 1, sentence))
            return
        # The process notes this too; here it keeps another one from being started until then.
        identity = ProcessIdentity.of(pid)
        if identity is None and not job.file("process.json").exists():
            identity = ProcessIdentity(pid, 0, "")
        if identity is not None:
            job.write("process.json", identity)

    def cancel(self, name: str) -> JobStatus:
        """Ends a job that waits or runs; of one that has ended nothing changes.

        Raises:
            ConfigError: There is no such job.
        """
        with file_lock(self.folder / ".lock"):
            job, found = self.of(name), self.status(name)
            if found.state is JobState.RUNNING:
                _end(job)
            # It may have come to its end by itself.
            if self.status(name).state in {*WAITING, JobState.INTERRUPTED}:
                job.write("outcome.json", JobOutcomeNote(JobState.CANCELLED, time.time()))
        self.advance()
        return self.status(name)

    def resume(self, name: str, steps: Sequence[Sequence[str]]) -> JobStatus:
        """Queues a job again that has not come to its end.

        Args:
            name: Its id.
            steps: What is to be done now, in the place of its steps.

        Raises:
            ConfigError: There is no such job, or it waits, runs, or is finished.
        """
        with file_lock(self.folder / ".lock"):
            job, found = self.of(name), self.status(name)
            if found.state not in RESUMABLE:
                raise ConfigError(f"job {name} is {found.state}; only one that was stopped can be resumed")
            job.write("job.json", replace(found.plan, steps=tuple(map(tuple, steps)), queued_at=time.time()))
            for file in ("process.json", "progress.json", "outcome.json"):
                job.file(file).unlink(missing_ok=True)
        self.advance()
        return self.status(name)

    def _folders(self) -> list[Path]:
        return [path for path in self.folder.iterdir() if path.is_dir()] if self.folder.is_dir() else []


def _end(job: JobFolder) -> None:
    """Ends the process group of a job: gently, and after a while by force."""
    process = job.read("process.json", ProcessIdentity)
    until = time.monotonic() + ENDING_S
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process is None or not process.lives:
            return
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        while process.lives and time.monotonic() < until:
            time.sleep(0.02)
        until += ENDING_S
