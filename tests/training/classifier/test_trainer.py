"""A training that is killed and goes on ends as one that was never interrupted."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support import forked
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run, weights
from training.classifier.run import TrainingRun

# Six trainings one after another, each of which loads the framework.
pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

LIMIT = 30_000
"""Bytes that a file may have where the disk is to be full: history and JSON files pass, weights do not."""


def started(folder: Path, *changes: tuple[str, str]) -> list[object]:
    """The command that starts a tiny training."""
    return [
        "fit", "--split", drawn_split(folder), "--recipe", recipe(folder, *changes),
        "--runs", folder / "runs", "--cache", folder / "cache",
    ]  # fmt: skip


def resumed(folder: Path, of: TrainingRun) -> list[object]:
    return ["fit", "--resume", of.folder, "--cache", folder / "cache"]


def the_run(folder: Path) -> TrainingRun:
    (found,) = (folder / "runs").iterdir()
    return TrainingRun(found)


def kill_when(arguments: list[object], ready: Callable[[], bool]) -> None:
    """Starts a training and kills it as soon as it is that far."""
    process = forked.start(forked.program("training"), *arguments)
    try:
        while process.is_alive() and not ready():
            time.sleep(0.005)
        assert process.is_alive(), "it ended before it could be killed"
    finally:
        process.kill()
        process.join()


def phase(folder: Path) -> tuple[str, int]:
    """How far the training in a folder is."""
    for state in (folder / "runs").glob("*/unfinished/state.npz"):
        with np.load(state) as stored:
            return str(stored["phase"]), int(stored["epochs"])
    return "", 0


@pytest.fixture(scope="module")
def never_interrupted(tmp_path_factory: pytest.TempPathFactory) -> TrainingRun:
    """A training from its beginning to its end in one go, in an interpreter of its own: `hash` differs."""
    folder = tmp_path_factory.mktemp("straight")
    done = forked.run_fresh(forked.program("training"), *started(folder))
    assert done.returncode == 0, done.stderr
    return the_run(folder)


@dataclass(frozen=True)
class Ordeal:
    """A training that was killed, met a full disk, was killed in its second descent, and ended.

    Attributes:
        run: Its folder.
        full: What it said of the full disk.
        kept: Whether the checkpoint from before was still there, whole, and nothing half-written beside it.
        last: What it said when it ended.
    """

    run: TrainingRun
    full: subprocess.CompletedProcess[str]
    kept: bool
    last: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def ordeal(tmp_path_factory: pytest.TempPathFactory) -> Ordeal:
    """All of it."""
    folder = tmp_path_factory.mktemp("ordeal")
    kill_when(started(folder), lambda: any((folder / "runs").glob("*/history.jsonl")))
    tried = the_run(folder)
    before = tried.state.read_bytes()
    full = forked.run(forked.program("training"), *resumed(folder, tried), largest_file=LIMIT)
    kept = tried.state.read_bytes() == before and not list(tried.folder.rglob("partial-*"))
    kill_when(resumed(folder, tried), lambda: phase(folder) == ("second", 1))
    return Ordeal(tried, full, kept, run("training", *resumed(folder, tried)))


def test_not_one_bit_differs_in_the_end(never_interrupted: TrainingRun, ordeal: Ordeal) -> None:
    """Weights, their averages and the figures of every epoch are those of a run that nothing happened to."""
    assert ordeal.last.returncode == 0, ordeal.last.stderr
    assert ordeal.run.history.read_text() == never_interrupted.history.read_text()
    assert weights(ordeal.run.raw) == weights(never_interrupted.raw)
    assert weights(ordeal.run.model) == weights(never_interrupted.model)


def test_the_second_descent_goes_on_after_its_last_epoch(ordeal: Ordeal) -> None:
    """Killed after its first epoch, it trains the second only, and then the checkpoint is gone."""
    assert "second descent, epoch 2 of 2" in ordeal.last.stderr
    assert "epoch 1 of 2" not in ordeal.last.stderr
    assert not ordeal.run.state.parent.exists()


def test_a_full_disk_is_one_sentence(ordeal: Ordeal) -> None:
    """Where a file cannot be written the run ends in one sentence, and what was there is whole."""
    assert ordeal.full.returncode == 9
    (sentence,) = [line for line in ordeal.full.stderr.splitlines() if line.startswith("maskgate")]
    assert "cannot be written: File too large" in sentence
    assert "--resume" in sentence
    assert "Traceback" not in ordeal.full.stderr
    assert ordeal.kept
