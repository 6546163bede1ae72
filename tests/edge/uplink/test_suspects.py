"""Whose fault it is that a broker refuses an event for good."""

from __future__ import annotations

from typing import cast

from edge.uplink.inflight import OutgoingMessage, OutgoingQueue
from edge.uplink.suspects import MAX_SUSPECTS, Suspects


def message(key: int, size: int = 600) -> OutgoingMessage:
    return OutgoingMessage("t", b"x" * size, cast(OutgoingQueue, None), key, is_event=True)


def test_refused_again_after_a_fellow_was_taken_is_its_own_fault() -> None:
    """Before that nobody knows; the verdict is given once."""
    suspects = Suspects()
    assert not suspects.refused(message(1), as_too_large=False)
    assert not suspects.refused(message(1), as_too_large=False)
    suspects.taken(message(2))
    assert suspects.refused(message(1), as_too_large=False)
    assert not suspects.refused(message(1), as_too_large=False)


def test_refusals_in_a_row_are_the_brokers_fault() -> None:
    """One event that is taken ends that."""
    suspects = Suspects()
    suspects.refused(message(1), as_too_large=False)
    assert not suspects.broker_to_blame
    suspects.refused(message(2), as_too_large=False)
    assert suspects.broker_to_blame
    suspects.taken(message(3))
    assert not suspects.broker_to_blame


def test_a_smaller_fellow_says_nothing_of_size() -> None:
    """Too large is the event's own fault only if one as large was taken."""
    suspects = Suspects()
    suspects.refused(message(1, 600), as_too_large=True)
    suspects.taken(message(2, 599))
    assert not suspects.refused(message(1, 600), as_too_large=True)
    suspects.taken(message(3, 600))
    assert suspects.refused(message(1, 600), as_too_large=True)


def test_one_that_ends_connections_lets_a_fellow_go_first() -> None:
    """It waits until the broker took another, unless all end connections."""
    suspects = Suspects()
    suspects.refused(message(1), as_too_large=False, hung_up=True)
    assert suspects.waits(1)
    assert suspects.taken(message(2))
    assert not suspects.waits(1)
    suspects.refused(message(3), as_too_large=False, hung_up=True)
    suspects.refused(message(4), as_too_large=False, hung_up=True)
    assert not suspects.waits(3)


def test_suspects_are_bounded() -> None:
    """Of too many the oldest is forgotten."""
    suspects = Suspects()
    for number in range(MAX_SUSPECTS + 1):
        suspects.refused(message(number), as_too_large=False)
    suspects.taken(message(-1))
    assert not suspects.refused(message(0), as_too_large=False)
    assert suspects.refused(message(MAX_SUSPECTS), as_too_large=False)
