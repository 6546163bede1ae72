"""Topics on which the access list forbids to publish."""

from __future__ import annotations

from edge.uplink.forbidden import LONGEST_S, ForbiddenTopics

DOOR, GATE = "maskgate/site/door/event", "maskgate/site/gate/event"


def test_only_the_topic_that_is_forbidden_waits() -> None:
    """Gaps are tried while events are forbidden, and the other name of a renamed device is."""
    topics = ForbiddenTopics()
    topics.forbid(DOOR, "not authorised", 0.0)
    allowed = topics.allowed(0.1)
    assert not allowed(DOOR)
    assert allowed(DOOR.replace("event", "gap"))
    assert allowed(GATE)
    assert topics.sentence == "not authorised"


def test_a_window_that_is_refused_at_once_is_one_refusal() -> None:
    """Twenty answers of one moment make the wait no longer."""
    topics, many = ForbiddenTopics(), ForbiddenTopics()
    topics.forbid(DOOR, "no", 0.0)
    for _ in range(20):
        many.forbid(DOOR, "no", 0.0)
    one, other = topics.wait(0.0), many.wait(0.0)
    assert one is not None
    assert other is not None
    # Both have drawn one jittered wait of the first step, none of a later one.
    assert max(one, other) <= 2 * min(one, other)


def test_an_event_that_was_taken_ends_the_wait() -> None:
    """Somebody has changed the list."""
    topics = ForbiddenTopics()
    topics.forbid(DOOR, "no", 0.0)
    topics.allow(DOOR)
    assert topics.allowed(0.0)(DOOR)
    assert (topics.sentence, topics.wait(0.0)) == ("", None)


def test_the_wait_has_a_bound() -> None:
    """It is tried again at least so often."""
    topics, now = ForbiddenTopics(), 0.0
    for _ in range(12):
        topics.forbid(DOOR, "no", now)
        wait = topics.wait(now)
        assert wait is not None
        assert 0 < wait <= 1.5 * LONGEST_S
        now += wait
