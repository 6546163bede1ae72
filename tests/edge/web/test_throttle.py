"""How often somebody may ask."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from edge.web.throttle import FREE_TRIES, LONGEST_PAUSE_S, MOST_CLIENTS, LoginThrottle, RateLimit


def test_the_pause_doubles_up_to_a_minute() -> None:
    """A few slips cost nothing; whoever goes on guessing waits longer each time."""
    throttle = LoginThrottle()
    waits = []
    for _ in range(12):
        throttle.fail("a", 0.0)
        waits.append(throttle.wait_s("a", 0.0))
    assert waits[:FREE_TRIES] == [0.0] * FREE_TRIES
    assert waits[FREE_TRIES:] == [1, 2, 4, 8, 16, 32, *[LONGEST_PAUSE_S] * 3]
    assert throttle.wait_s("a", LONGEST_PAUSE_S) == 0.0


def test_others_do_not_wait() -> None:
    """One client's wrong tokens cost no other client anything, and the right one ends the pause."""
    throttle = LoginThrottle()
    for _ in range(10):
        throttle.fail("a", 0.0)
    assert throttle.wait_s("b", 0.0) == 0.0
    throttle.succeed("a")
    assert throttle.wait_s("a", 0.0) == 0.0


def test_memory_is_bounded() -> None:
    """However many addresses guess, so many are remembered."""
    throttle, rate = LoginThrottle(), RateLimit(1)
    for number in range(MOST_CLIENTS + 50):
        throttle.fail(str(number), 0.0)
        rate.wait_s(str(number), 0.0)
    assert len(throttle._failures) == len(rate._buckets) == MOST_CLIENTS


@given(
    per_s=st.integers(1, 50),
    steps=st.lists(st.floats(0, 2, allow_subnormal=False), min_size=1, max_size=100),
)
def test_no_more_than_the_rate(per_s: int, steps: list[float]) -> None:
    """In any time no more requests pass than the rate allows, and twice the rate at once."""
    rate, now, passed = RateLimit(per_s), 0.0, 0
    for step in steps:
        now += step
        passed += rate.wait_s("a", now) == 0.0
    assert passed <= per_s * (now + 2) + 1e-6


def test_whoever_waits_as_told_passes() -> None:
    """The wait that is told is long enough."""
    rate = RateLimit(3)
    now = 0.0
    for _ in range(100):
        now += rate.wait_s("a", now) + 1e-9
    assert rate.wait_s("a", now + 1) == 0.0
