"""Sums that only rise."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.telemetry.minutes import MinuteStats, Quantiles
from edge.telemetry.records import DirectionCounts, Minute, VerdictCounts
from edge.telemetry.totals import REMEMBERED, RisingMinutes, Totals

NOTHING = Quantiles(None, None)
counts = st.builds(VerdictCounts, *[st.integers(0, 5)] * 4)


def stats(start: int, frames: int = 10) -> MinuteStats:
    return MinuteStats(start, frames, 50.0, 10.0, NOTHING, NOTHING, NOTHING)


def test_minutes_add_up() -> None:
    """Frames, seconds, and passes by verdict and direction."""
    totals = Totals()
    totals.add(stats(0), Minute(0, VerdictCounts(1, 2, 0, 0), directions=DirectionCounts(3, 0, 0)))
    totals.add(stats(60), Minute(60, VerdictCounts(1, 0, 0, 1), directions=DirectionCounts(0, 2, 0)))
    assert totals.sums == Minute(0, VerdictCounts(2, 2, 0, 1), 20, 100.0, 20.0, DirectionCounts(3, 2, 0))


def test_a_minute_that_is_told_again_counts_its_new_passes_alone() -> None:
    """A clock was set back: the minute has the passes of both times, and new frames."""
    totals = Totals()
    totals.add(stats(60), Minute(60, VerdictCounts(compliant=2)))
    totals.add(stats(60), Minute(60, VerdictCounts(compliant=3)))
    assert totals.sums.verdicts == VerdictCounts(compliant=3)
    assert totals.sums.frames == 20


def test_what_an_earlier_run_has_counted_is_left_out() -> None:
    """Its passes; what this run watched of the same minute counts."""
    totals = Totals()
    totals.leave_out(Minute(60, VerdictCounts(compliant=2), 300, 20.0, 0.0))
    totals.add(stats(60), Minute(60, VerdictCounts(compliant=3), 300, 20.0, 0.0))
    assert totals.sums.verdicts == VerdictCounts(compliant=1)
    assert totals.sums.frames == 10


@given(st.lists(st.tuples(st.integers(0, 3), counts), max_size=12))
def test_whatever_comes_nothing_falls(minutes: list[tuple[int, VerdictCounts]]) -> None:
    """Also where revisions move passes from one verdict to another between two tellings."""
    totals, before = Totals(), VerdictCounts()
    for number, verdicts in minutes:
        totals.add(stats(60 * number), Minute(60 * number, verdicts))
        assert before.beyond(totals.sums.verdicts) == VerdictCounts()
        before = totals.sums.verdicts


def test_what_is_remembered_is_bounded() -> None:
    """Of a day only: a minute before that counts anew."""
    minutes = RisingMinutes()
    for number in range(REMEMBERED + 1):
        minutes.more(Minute(60 * number, VerdictCounts(compliant=1)))
    assert minutes.more(Minute(60, VerdictCounts(compliant=1))).verdicts.compliant == 0
    assert minutes.more(Minute(0, VerdictCounts(compliant=1))).verdicts.compliant == 1
