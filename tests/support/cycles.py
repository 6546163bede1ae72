"""Cycles of the pipeline, and a spool whose wall clock is set by hand."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from edge.daemon.statistics import StatisticsObserver
from edge.pipeline.pipeline import Cycle
from edge.spool import Spool
from edge.tracking.register import PassUpdate
from edge.types import Blind, Frame, FrameAnalysis
from tests.support.builders import limits

NOON = 1_699_963_200.0


class Time:
    """A wall clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Time:
    return Time()


@pytest.fixture
def spool(tmp_path: Path, clock: Time) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db", limits(), wall=clock)) as opened:
        yield opened


def watch(meter: StatisticsObserver, begin: float, seconds: int, blind_from: int = 10**6) -> None:
    """Two turns a second."""
    for half in range(2 * seconds):
        at = half / 2
        if at >= blind_from:
            meter.observe(Cycle(Blind("gone", at, begin + at), None, PassUpdate(), 0.001), ())
        else:
            seen = Frame(half, np.zeros((4, 4, 3), np.uint8), at, begin + at, age=0.05)
            meter.observe(Cycle(seen, FrameAnalysis((), 0.004, 0.002), PassUpdate(), 0.01), ())
