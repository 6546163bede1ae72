"""When consumers are sent again what a broker took and they lack."""

from __future__ import annotations

import itertools

from edge.uplink.redelivery import (
    ASKED_AGAIN_S,
    EVERY_S,
    LONGEST_S,
    MOST_WATCHED,
    LaggingConsumer,
    RedeliveryTracker,
)


def test_a_consumer_that_speaks_is_looked_after_once_a_minute() -> None:
    """However often it speaks, there is one look a minute, with its latest word."""
    marks = RedeliveryTracker()
    looks = []
    for second in range(200):
        marks.heard("team", "e1", second, float(second))
        looks += [(second, behind.contiguous) for behind in marks.due(float(second))]
    assert looks == [(0, 0), (60, 60), (120, 120), (180, 180)]


def test_a_new_connection_is_a_reason_to_look() -> None:
    """What a broker may have forgotten is looked after soon, whenever it was sent."""
    marks = RedeliveryTracker()
    marks.load([("team", "e1", 5)], 0.0)
    assert marks.due(0.0) == (LaggingConsumer("team", "e1", 5, anew=True),)
    marks.connected(10.0)
    assert marks.due(10.0) == (LaggingConsumer("team", "e1", 5, anew=True),)
    assert marks.due(69.0) == ()
    assert marks.due(70.0) == (LaggingConsumer("team", "e1", 5, anew=False),)


def test_many_short_connections_are_no_reason_for_many_replays() -> None:
    """A connection that comes and goes each second brings a look every five seconds at most."""
    marks = RedeliveryTracker()
    marks.load([("team", "e1", 5)], 0.0)
    looks = 0
    for second in range(100):
        marks.connected(float(second))
        looks += len(marks.due(float(second)))
    assert looks <= 100 / 5


def test_a_consumer_that_is_gone_is_asked_after_ever_more_seldom() -> None:
    """Its replays become rare, up to one an hour, and frequent again once it speaks."""
    marks = RedeliveryTracker()
    marks.load([("team", "e1", 5)], 0.0)
    moments = []
    for second in range(40_000):
        if marks.due(float(second)):
            moments.append(second)
            marks.seldom("team", "e1")
    waits = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert waits[0] == 2 * EVERY_S
    assert max(waits) <= 2 * LONGEST_S
    assert len(moments) < 15
    marks.heard("team", "e1", 6, 40_000.0)
    assert marks.due(40_000.0 + EVERY_S)


def test_a_range_is_sent_once_however_often_it_is_asked_for() -> None:
    """The same wish within some seconds changes nothing; later it does, and for another epoch too."""
    marks = RedeliveryTracker()
    assert marks.wanted("e1", [(1, 2), (1, 2), (5, 5)], 0.0) == ((1, 2), (5, 5))
    assert marks.wanted("e1", [(1, 2), (7, 8)], 1.0) == ((7, 8),)
    assert marks.wanted("e2", [(1, 2)], 1.0) == ((1, 2),)
    assert marks.wanted("e1", [(1, 2)], ASKED_AGAIN_S) == ((1, 2),)


def test_names_without_end_do_not_fill_the_memory() -> None:
    """Beyond a number of consumers the oldest is forgotten."""
    marks = RedeliveryTracker()
    for number in range(10 * MOST_WATCHED):
        marks.heard(f"c{number}", "e1", 0, 0.0)
    assert len(marks.due(0.0)) == MOST_WATCHED
