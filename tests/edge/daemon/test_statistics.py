"""Statistics of the pipeline's cycles, as the spool keeps them."""

from __future__ import annotations

import pytest

from edge.daemon.statistics import StatisticsObserver
from edge.spool import Spool
from edge.uplink.status import MinuteQueue
from tests.support.cycles import NOON, clock, spool, watch

__all__ = ["clock", "spool"]


def test_minutes_are_kept_in_the_spool(spool: Spool) -> None:
    """What was watched is durable, the begun minute included when the line ends."""
    meter = StatisticsObserver(spool, MinuteQueue())
    watch(meter, NOON, 90)
    meter.finish()
    spool.flush()
    rows = spool.minutes(int(NOON), int(NOON) + 60)
    assert [(row.frames, row.watched_s) for row in rows] == [
        (120, pytest.approx(59.5 + 0.5)),
        (60, pytest.approx(29.5)),
    ]


def test_a_line_outlives_its_spool(spool: Spool) -> None:
    """A spool that is closed already costs a minute, and no exception."""
    meter = StatisticsObserver(spool, MinuteQueue())
    watch(meter, NOON, 2)
    spool.close()
    meter.finish()
