"""Which message it is that a broker hangs up on."""

from __future__ import annotations

from edge.mqtt.events import ConnectionAccepted, ConnectionLost
from edge.uplink.event_queue import QueuedEvent
from edge.uplink.poison import LATER_S, SOON_S, PoisonDetector
from tests.edge.test_session import OK, Shelf, ToldLink, make

BLAMED = ConnectionLost(0x95, "packet too large", by_broker=True)
CUT = ConnectionLost(0x80, "unspecified error", by_broker=False)


def connection(
    poison: PoisonDetector, shelf: Shelf, lost: ConnectionLost, bad: bytes, now: float, lasted: float = 0.1
) -> int | None:
    """One connection that ends when the bad event is its broker's turn; the event that is given up."""
    link = ToldLink()
    session, _ = make(link, shelf, poison.bounds(now))
    session.open(ConnectionAccepted(20, None))
    session.fill(now)
    while link.in_flight and link.in_flight[min(link.in_flight)][1] != bad:
        session.acknowledged(link.answer(OK), now)
        session.fill(now)
    session.settle()
    culprit = poison.ended(session, lost, lasted, now)
    if culprit is None:
        return None
    assert isinstance(culprit.content, QueuedEvent)
    return culprit.content.event.position


def test_the_second_blamed_end_names_the_event() -> None:
    """After the first one messages go one by one, so that the next names it."""
    poison, shelf = PoisonDetector(45.0), Shelf(40)
    assert connection(poison, shelf, BLAMED, b"13", 0.0) is None
    assert connection(poison, shelf, BLAMED, b"13", 1.0) == 13


def test_cuts_give_nothing_up_but_leave_for_later() -> None:
    """Ends without a reason at one and the same event have it left out for a while, and only that one."""
    poison, shelf = PoisonDetector(45.0), Shelf(40)
    for moment in range(5):
        assert connection(poison, shelf, CUT, b"13", float(moment)) is None
    assert poison.bounds(5.0).skipped == {13}
    assert poison.bounds(5.0 + LATER_S).skipped == set()


def test_connections_that_last_suspect_nobody() -> None:
    """A network that fails now and then is not an event's doing."""
    poison, shelf = PoisonDetector(45.0), Shelf(40)
    for moment in range(20):
        assert connection(poison, shelf, CUT, b"13", float(moment), lasted=SOON_S + 1) is None
    assert poison.bounds(20.0).one_by_one == 0
    assert poison.bounds(20.0).skipped == set()
