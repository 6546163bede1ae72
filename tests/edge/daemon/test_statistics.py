"""Statistics of the pipeline's cycles, as the spool keeps them."""

from __future__ import annotations

import time

import pytest

from edge.daemon.statistics import PassesToday, StatisticsObserver
from edge.spool import Spool
from edge.telemetry.minutes import MinuteQueue
from edge.telemetry.records import Minute, VerdictCounts
from edge.types import Outcome
from tests.support.cycles import NOON, clock, spool, watch
from tests.support.spools import at

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


def test_the_present_minute_can_be_asked_for(spool: Spool) -> None:
    """Some seconds after it began, and of its end nothing is missing later on."""
    meter = StatisticsObserver(spool, MinuteQueue())
    watch(meter, NOON, 2)
    assert spool.recent() is None
    watch(meter, NOON + 2, 20)
    recent = spool.recent()
    assert recent is not None
    assert recent.start == NOON
    assert 15 <= recent.watched_s <= 22
    assert recent.latency_ms.p50 is not None


def test_a_line_outlives_its_spool(spool: Spool) -> None:
    """A spool that is closed already costs a minute, and no exception."""
    meter = StatisticsObserver(spool, MinuteQueue())
    watch(meter, NOON, 2)
    spool.close()
    meter.finish()


def test_the_passes_of_today_are_those_since_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """A restart goes on from what the spool has, a revision counts no second time, a new day begins at 0."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    try:
        noon = [1_709_290_800.0]  # 2024-03-01 12:00 in Berlin
        asked: list[tuple[int, int]] = []

        def minutes(first: int, last: int) -> tuple[Minute, ...]:
            asked.append((first, last))
            return (Minute(first, VerdictCounts(1, 2, 0, 1)),)

        today = PassesToday(lambda: noon[0])
        today.begin(minutes)
        assert asked == [(1_709_290_800 - 12 * 3600, 1_709_290_800)]
        first, revised = at(1, Outcome.NO_MASK, 1), at(2, Outcome.COMPLIANT, 1, revision=1)
        today.add((first, revised))
        assert today.count() == 5
        noon[0] += 12 * 3600
        assert today.count() == 0
    finally:
        monkeypatch.undo()
        time.tzset()
