"""The process of a job: does its steps, tells how far it is, and notes how it ended."""

from __future__ import annotations

import os
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import click

from edge.cli.output import progress_told_to
from edge.errors import ConfigError, GateError, MaskGateError, StorageError
from training.workbench.jobs import JobFolder, JobOutcomeNote, JobPlan, JobProgress, JobState
from training.workbench.process_identity import ProcessIdentity

Step = Callable[[Sequence[str]], None]
"""Runs a command, given its words; raises what the command raises."""

TOLD_EVERY_S = 0.5
_RESERVE = "reserve"
_RESERVE_BYTES = 16_384


class ProgressNotes:
    """Notes how far a job is, a few times a second at most, and when it is expected to end."""

    def __init__(self, job: JobFolder, clock: Callable[[], float] = time.time) -> None:
        self._job, self._clock = job, clock
        self._noted = (0.0, "")
        self._first: tuple[float, float] | None = None
        self._whole = 0.0
        self._told = JobProgress("")

    def __call__(self, title: str, share: float | None, whole: float | None) -> None:
        """Takes what `edge.cli.output.progress` tells."""
        now = self._clock()
        # A job may hold several trainings; each is timed by itself.
        if whole is not None and (self._first is None or whole < self._whole):
            self._first = now, whole
        self._whole = self._whole if whole is None else whole
        at, told = self._noted
        if title == told and now - at < TOLD_EVERY_S:
            return
        self._noted = now, title
        ends_at = self._end(now, whole)
        if not title:
            # Between two bars the end stays where it was expected.
            whole, ends_at = self._told.whole, self._told.ends_at
        self._told = JobProgress(title, share, whole, ends_at)
        # What cannot be noted must not stop the work.
        with suppress(StorageError):
            self._job.write("progress.json", self._told)

    def _end(self, now: float, whole: float | None) -> float | None:
        """If it goes on at the pace that it had since the first note; a resumed job does not begin at 0."""
        if whole is None or self._first is None or whole <= self._first[1]:
            return None
        began, before = self._first
        return now + (now - began) * (1 - whole) / (whole - before)


def work(folder: Path, step: Step) -> None:
    """Does the job in a folder in this process, which leads a process group of its own from now on.

    Raises:
        ConfigError: The folder is none of a job.
    """
    job = JobFolder(folder)
    plan = job.read("job.json", JobPlan)
    if plan is None:
        raise ConfigError(f"{folder} is not the folder of a job of the workbench")
    with suppress(PermissionError):
        # It leads one already where it was started so.
        os.setsid()
    job.write("process.json", ProcessIdentity.of())
    # So that there is room for the last word on a disk that the job has filled.
    job.file(_RESERVE).write_bytes(bytes(_RESERVE_BYTES))
    _redirect(job)
    with progress_told_to(ProgressNotes(job)):
        outcome = _outcome(plan, step)
    job.file(_RESERVE).unlink()
    job.write("outcome.json", outcome)


def _redirect(job: JobFolder) -> None:
    """What is printed for programs goes to the results, all else to the log."""
    for number, name in ((1, "results.txt"), (2, "log.txt")):
        # Results of an earlier try are told again.
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if number == 1 else os.O_APPEND)
        opened = os.open(job.file(name), flags, 0o644)
        os.dup2(opened, number)
        os.close(opened)


def _outcome(plan: JobPlan, step: Step) -> JobOutcomeNote:
    for words in plan.steps:
        click.echo(f"maskgate-train {' '.join(words)}", err=True)
        try:
            step(words)
        except GateError as error:
            # It was measured and found not to be good enough: the job has done what it was to do.
            return _ended(JobState.FINISHED, error.exit_code, str(error))
        except MaskGateError as error:
            return _ended(JobState.FAILED, error.exit_code, str(error))
        except click.ClickException as error:
            return _ended(JobState.FAILED, error.exit_code, error.format_message())
        except Exception as error:
            click.echo(traceback.format_exc(), err=True)
            return _ended(JobState.FAILED, 1, f"{words[0]} failed at something unforeseen: {error!r}")
    return _ended(JobState.FINISHED, 0, "")


def _ended(state: JobState, exit_code: int, sentence: str) -> JobOutcomeNote:
    if sentence:
        with suppress(OSError):
            click.echo(sentence, err=True)
    return JobOutcomeNote(state, time.time(), exit_code, sentence)
