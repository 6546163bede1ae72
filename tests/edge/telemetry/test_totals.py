"""Sums that only rise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.telemetry.minutes import MinuteStats, Quantiles
from edge.telemetry.records import DirectionCounts, Minute, VerdictCounts
from edge.telemetry.totals import REMEMBERED, Totals

NOTHING = Quantiles(None, None)
counts = st.builds(VerdictCounts, *[st.integers(0, 5)] * 4)


def stats(start: int, frames: int = 10) -> MinuteStats:
    return MinuteStats(start, frames, 50.0, 10.0, NOTHING, NOTHING, NOTHING)


def test_minutes_add_up() -> None:
    """Frames, seconds, and passes by verdict and direction."""
    totals = Totals()
    totals.add(stats(0), Minute(0, VerdictCounts(1, 2, 0, 0), directions=DirectionCounts(3, 0, 0)))
    totals.add(stats(60), Minute(60, VerdictCounts(1, 0, 0, 1), directions=DirectionCounts(0, 2, 0)))
    assert (totals.frames, totals.watched_s, totals.blind_s) == (20, 100.0, 20.0)
    assert totals.verdicts == VerdictCounts(2, 2, 0, 1)
    assert totals.directions == DirectionCounts(3, 2, 0)


def test_a_minute_that_is_told_again_counts_its_new_passes_alone() -> None:
    """A clock was set back: the minute has the passes of both times, and new frames."""
    totals = Totals()
    totals.add(stats(60), Minute(60, VerdictCounts(compliant=2)))
    totals.add(stats(60), Minute(60, VerdictCounts(compliant=3)))
    assert totals.verdicts == VerdictCounts(compliant=3)
    assert totals.frames == 20


@given(st.lists(st.tuples(st.integers(0, 3), counts), max_size=12))
def test_whatever_comes_nothing_falls(minutes: list[tuple[int, VerdictCounts]]) -> None:
    """Also where revisions move passes from one verdict to another between two tellings."""
    totals, before = Totals(), VerdictCounts()
    for number, verdicts in minutes:
        totals.add(stats(60 * number), Minute(60 * number, verdicts))
        assert before.beyond(totals.verdicts) == VerdictCounts()
        before = totals.verdicts


def test_what_is_remembered_is_bounded() -> None:
    """Of a day only: a minute before that counts anew."""
    totals = Totals()
    for number in range(REMEMBERED + 2):
        totals.add(stats(60 * number), Minute(60 * number, VerdictCounts(compliant=1)))
    totals.add(stats(0), Minute(0, VerdictCounts(compliant=1)))
    assert totals.verdicts.compliant == REMEMBERED + 3
