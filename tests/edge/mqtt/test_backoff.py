"""Waiting times between attempts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.mqtt.backoff import Backoff


@given(st.integers(0, 200))
def test_backoff_grows_to_a_limit(failures: int) -> None:
    """Every wait is between half of its step and the step, and never beyond the longest."""
    backoff = Backoff(first=0.5, longest=15.0, failures=failures)
    step = min(15.0, 0.5 * 2 ** min(failures, 10))
    assert step / 2 <= backoff.next() <= step
    assert backoff.failures == failures + 1
    backoff.reset()
    assert backoff.next() <= 0.5
