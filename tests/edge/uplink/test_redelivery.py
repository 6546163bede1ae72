"""When consumers are sent again what a broker took and they lack."""

from __future__ import annotations

import itertools

from edge.uplink.redelivery import (
    CHECK_LONGEST_S,
    CHECK_S,
    MAX_CONSUMERS,
    REQUEST_S,
    LaggingConsumer,
    RedeliveryTracker,
)


def test_a_consumer_that_acknowledges_is_checked_once_a_minute() -> None:
    """However often it acknowledges, there is one check a minute, with its latest mark."""
    tracker = RedeliveryTracker()
    checks = []
    for second in range(200):
        tracker.acknowledged("team", "e1", second, float(second))
        checks += [(second, lagging.contiguous) for lagging in tracker.due(float(second))]
    assert checks == [(0, 0), (60, 60), (120, 120), (180, 180)]


def test_a_new_connection_is_a_reason_to_check() -> None:
    """What a broker may have forgotten is checked soon, whenever it was sent."""
    tracker = RedeliveryTracker()
    tracker.load([("team", "e1", 5)], 0.0)
    assert tracker.due(0.0) == (LaggingConsumer("team", "e1", 5, reconnected=True),)
    tracker.connected(10.0)
    assert tracker.due(10.0) == (LaggingConsumer("team", "e1", 5, reconnected=True),)
    assert tracker.due(69.0) == ()
    assert tracker.due(70.0) == (LaggingConsumer("team", "e1", 5, reconnected=False),)


def test_many_short_connections_are_no_reason_for_many_replays() -> None:
    """A connection that comes and goes each second brings a check every five seconds at most."""
    tracker = RedeliveryTracker()
    tracker.load([("team", "e1", 5)], 0.0)
    checks = 0
    for second in range(100):
        tracker.connected(float(second))
        checks += len(tracker.due(float(second)))
    assert checks <= 100 / 5


def test_a_consumer_that_is_gone_is_checked_ever_more_rarely() -> None:
    """Its replays become rare, up to one an hour, and frequent again once it acknowledges."""
    tracker = RedeliveryTracker()
    tracker.load([("team", "e1", 5)], 0.0)
    moments = []
    for second in range(40_000):
        if tracker.due(float(second)):
            moments.append(second)
            tracker.back_off("team", "e1")
    waits = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert waits[0] == 2 * CHECK_S
    assert max(waits) <= 2 * CHECK_LONGEST_S
    assert len(moments) < 15
    tracker.acknowledged("team", "e1", 6, 40_000.0)
    assert tracker.due(40_000.0 + CHECK_S)


def test_a_range_is_sent_once_however_often_it_is_requested() -> None:
    """The same request within some seconds changes nothing; later it does, and for another epoch too."""
    tracker = RedeliveryTracker()
    assert tracker.requested("e1", [(1, 2), (1, 2), (5, 5)], 0.0) == ((1, 2), (5, 5))
    assert tracker.requested("e1", [(1, 2), (7, 8)], 1.0) == ((7, 8),)
    assert tracker.requested("e2", [(1, 2)], 1.0) == ((1, 2),)
    assert tracker.requested("e1", [(1, 2)], REQUEST_S) == ((1, 2),)


def test_names_without_end_do_not_fill_the_memory() -> None:
    """Beyond a number of consumers the oldest is forgotten."""
    tracker = RedeliveryTracker()
    for number in range(10 * MAX_CONSUMERS):
        tracker.acknowledged(f"c{number}", "e1", 0, 0.0)
    assert len(tracker.due(0.0)) == MAX_CONSUMERS
