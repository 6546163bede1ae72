"""Passes by verdict, and minutes."""

from __future__ import annotations

import pytest

from edge.telemetry.records import DirectionCounts, Minute, VerdictCounts, minute_of
from edge.types import Direction, Outcome


def test_compliance_leaves_unsure_passes_out() -> None:
    """Without any other pass there is none."""
    counts = VerdictCounts(compliant=3, no_mask=1, unsure=6)
    assert counts.compliance == 0.75
    assert VerdictCounts(unsure=2).compliance is None


def test_counts_add_up_by_verdict() -> None:
    """One of each kind makes one of each kind."""
    total = sum((VerdictCounts.single(outcome) for outcome in Outcome), VerdictCounts())
    assert total == VerdictCounts(1, 1, 1, 1)


def test_counts_add_up_by_direction() -> None:
    """One of each makes one of each; who has no direction is in none of them."""
    total = sum((DirectionCounts.single(direction) for direction in (*Direction, None)), DirectionCounts())
    assert total == DirectionCounts(1, 1, 1)
    assert (total + DirectionCounts.single(Direction.OUT, 2)).members == {"in": 1, "out": 3, "unknown": 1}


def test_a_minute_begins_at_a_multiple_of_sixty() -> None:
    """The moments of a minute share their beginning; another one is an error of the caller."""
    assert minute_of(119.9) == 60
    assert minute_of(120.0) == 120
    with pytest.raises(ValueError, match="multiple of 60"):
        Minute(61)


def test_minutes_add_up() -> None:
    """Frames, seconds, verdicts and directions."""
    total = Minute(60, VerdictCounts(1), 2, 3.0, 4.0) + Minute(60, VerdictCounts(1), 5, 6.0, 7.0)
    assert total == Minute(60, VerdictCounts(2), 7, 9.0, 11.0)
    one = Minute(60, directions=DirectionCounts(1, 2, 3))
    assert (one + one).directions == DirectionCounts(2, 4, 6)
