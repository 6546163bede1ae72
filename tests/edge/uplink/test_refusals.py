"""Whose fault it is that a broker refuses an event for good."""

from __future__ import annotations

from typing import cast

from edge.uplink.inflight import OutgoingMessage, OutgoingQueue
from edge.uplink.refusals import MAX_REFUSED_FOR_GOOD, RefusalTracker


def message(key: int, size: int = 600) -> OutgoingMessage:
    return OutgoingMessage("t", b"x" * size, cast(OutgoingQueue, None), key, is_event=True)


def test_refused_again_after_a_fellow_was_taken_is_its_own_fault() -> None:
    """Before that nobody knows; the verdict is given once."""
    refusals = RefusalTracker()
    assert not refusals.refused(message(1), as_too_large=False)
    assert not refusals.refused(message(1), as_too_large=False)
    refusals.taken(message(2))
    assert refusals.refused(message(1), as_too_large=False)
    assert not refusals.refused(message(1), as_too_large=False)


def test_refusals_in_a_row_are_the_brokers_fault() -> None:
    """One event that is taken ends that."""
    refusals = RefusalTracker()
    refusals.refused(message(1), as_too_large=False)
    assert not refusals.broker_to_blame
    refusals.refused(message(2), as_too_large=False)
    assert refusals.broker_to_blame
    refusals.taken(message(3))
    assert not refusals.broker_to_blame


def test_a_smaller_fellow_says_nothing_of_size() -> None:
    """Too large is the event's own fault only if one as large was taken."""
    refusals = RefusalTracker()
    refusals.refused(message(1, 600), as_too_large=True)
    refusals.taken(message(2, 599))
    assert not refusals.refused(message(1, 600), as_too_large=True)
    refusals.taken(message(3, 600))
    assert refusals.refused(message(1, 600), as_too_large=True)


def test_one_that_ends_connections_lets_a_fellow_go_first() -> None:
    """It waits until the broker took another, unless all end connections."""
    refusals = RefusalTracker()
    refusals.refused(message(1), as_too_large=False, hung_up=True)
    assert refusals.waits(1)
    assert refusals.taken(message(2))
    assert not refusals.waits(1)
    refusals.refused(message(3), as_too_large=False, hung_up=True)
    refusals.refused(message(4), as_too_large=False, hung_up=True)
    assert not refusals.waits(3)


def test_suspects_are_bounded() -> None:
    """Of too many the oldest is forgotten."""
    refusals = RefusalTracker()
    for number in range(MAX_REFUSED_FOR_GOOD + 1):
        refusals.refused(message(number), as_too_large=False)
    refusals.taken(message(-1))
    assert not refusals.refused(message(0), as_too_large=False)
    assert refusals.refused(message(MAX_REFUSED_FOR_GOOD), as_too_large=False)
