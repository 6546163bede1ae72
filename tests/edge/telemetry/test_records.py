"""Passes by verdict, and minutes."""

from __future__ import annotations

import pytest

from edge.telemetry.records import Minute, VerdictCounts, minute_of
from edge.types import Outcome


def test_compliance_leaves_unsure_passes_out() -> None:
    """Without any other pass there is none."""
    counts = VerdictCounts(compliant=3, no_mask=1, unsure=6)
    assert counts.compliance == 0.75
    assert VerdictCounts(unsure=2).compliance is None


def test_counts_add_up_by_verdict() -> None:
    """One of each kind makes one of each kind."""
    total = sum((VerdictCounts.single(outcome) for outcome in Outcome), VerdictCounts())
    assert total == VerdictCounts(1, 1, 1, 1)


def test_a_minute_begins_at_a_multiple_of_sixty() -> None:
    """The moments of a minute share their beginning; another one is an error of the caller."""
    assert minute_of(119.9) == 60
    assert minute_of(120.0) == 120
    with pytest.raises(ValueError, match="multiple of 60"):
        Minute(61)


def test_minutes_add_up() -> None:
    """Frames, seconds and verdicts."""
    total = Minute(60, VerdictCounts(1), 2, 3.0, 4.0) + Minute(60, VerdictCounts(1), 5, 6.0, 7.0)
    assert total == Minute(60, VerdictCounts(2), 7, 9.0, 11.0)
