"""Small makers of values for tests; every argument that a test does not care about has a default."""

from __future__ import annotations

import fcntl
import os
import random
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edge.config import SpoolConfig
from edge.contract import answer
from edge.spool.records import Limits, limits_of
from edge.tracking.evidence import FaceQuality
from edge.tracking.passes import TrackerRules
from edge.types import Box, Event, EventId, Face, Observation, Outcome, Probabilities, Verdict

if TYPE_CHECKING:
    import pytest

MASKED: Probabilities = (0.96, 0.02, 0.02)
BARE: Probabilities = (0.02, 0.96, 0.02)
WRONG: Probabilities = (0.02, 0.02, 0.96)
TORN: Probabilities = (0.34, 0.33, 0.33)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder that takes long to fill, made by the first of all test processes that asks for it.

    Args:
        factory: Of the session.
        name: The folder's.
        make: Fills it. Whoever asks reads it only, or writes under names of its own.
    """
    base = factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder, finished = base / name, base / f"{name}.finished"
    with (base / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not finished.exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            make(folder)
            finished.touch()
    return folder


def seed() -> None:
    """Gives every fixture and test the same random numbers, so that none hangs on what ran before.

    Keras draws the seeds of its layers from Python's own generator.
    """
    random.seed(1)
    np.random.seed(1)
    if keras := sys.modules.get("keras"):
        keras.utils.set_random_seed(1)


def limits(**changes: float) -> Limits:
    """How much a spool keeps by default, but for some `changes`."""
    return replace(limits_of(SpoolConfig()), **changes)


def face(x: float = 100.0, y: float = 100.0, px: float = 80.0, score: float = 0.9) -> Face:
    """A square face with its centre at (x, y)."""
    return Face(Box(x - px / 2, y - px / 2, px, px), score)


def observation(
    probabilities: Probabilities = BARE,
    x: float = 100.0,
    y: float = 100.0,
    px: float = 80.0,
    sharpness: float = 500.0,
    masked_from: float = 0.0,
) -> Observation:
    """What one frame says of one face."""
    return Observation(face(x, y, px), probabilities, sharpness, answer(probabilities, (masked_from, 0, 0)))


def rules(**changes: float) -> TrackerRules:
    """The rules that the tests of the tracker count with."""
    values = {
        "presence_s": 0.3,
        "dwell_s": 0.5,
        "revise_s": 1.0,
        "margin": 0.3,
        "undecided_s": 4.0,
        "memory_s": 1.0,
        "gone_s": 1.5,
        **changes,
    }
    return TrackerRules(quality=FaceQuality(min_face_px=24, min_sharpness=30), **values)


def verdict(outcome: Outcome = Outcome.NO_MASK, number: int = 1, revision: int = 0) -> Verdict:
    """A verdict on a bare face."""
    return Verdict(number, revision, outcome, BARE, (0.0, 0.8, 0.0), 12, 80, 3.5, 1_700_000_000.25)


def event(sequence: int = 1, outcome: Outcome = Outcome.NO_MASK, number: int = 1) -> Event:
    """An event of the device `door`."""
    return Event(EventId("door", "e1", sequence), f"e1-1-{number}", verdict(outcome, number), "1.0", True)
