"""Which message it is that a broker hangs up on."""

from __future__ import annotations

from edge.mqtt.events import ConnectionAccepted, ConnectionLost
from edge.uplink.poison import LATER_S, SHORT_S, PoisonDetector
from tests.support.fakes import FakeConnection, FakeSpoolReader
from tests.support.sessions import OK, make

BLAMED = ConnectionLost(0x95, "packet too large", by_broker=True)
CUT = ConnectionLost(0x80, "unspecified error", by_broker=False)


def connect(
    poison: PoisonDetector,
    reader: FakeSpoolReader,
    lost: ConnectionLost,
    bad: bytes,
    now: float,
    lasted: float = 0.1,
) -> object:
    """One connection that ends when the bad event is its broker's turn; the event that is given up."""
    connection = FakeConnection()
    session, _ = make(connection, reader, poison.limits(now))
    session.open(ConnectionAccepted(20, None))
    session.fill(now)
    while connection.in_flight and connection.in_flight[min(connection.in_flight)][1] != bad:
        session.handle_acknowledgement(connection.answer(OK), now)
        session.fill(now)
    session.settle()
    culprit = poison.connection_ended(session, lost, lasted, now)
    return None if culprit is None else culprit.key


def test_the_second_blamed_end_names_the_event() -> None:
    """After the first one messages go one by one, so that the next names it."""
    poison, reader = PoisonDetector(45.0), FakeSpoolReader(40)
    assert connect(poison, reader, BLAMED, b"13", 0.0) is None
    assert connect(poison, reader, BLAMED, b"13", 1.0) == 13


def test_cuts_give_nothing_up_but_leave_for_later() -> None:
    """Ends without a reason at one and the same event have it left out for a while, and only that one."""
    poison, reader = PoisonDetector(45.0), FakeSpoolReader(40)
    for moment in range(5):
        assert connect(poison, reader, CUT, b"13", float(moment)) is None
    assert poison.limits(5.0).skipped == {13}
    assert poison.limits(5.0 + LATER_S).skipped == set()


def test_connections_that_last_suspect_nobody() -> None:
    """A network that fails now and then is not an event's doing."""
    poison, reader = PoisonDetector(45.0), FakeSpoolReader(40)
    for moment in range(20):
        assert connect(poison, reader, CUT, b"13", float(moment), lasted=SHORT_S + 1) is None
    assert poison.limits(20.0).one_by_one == 0
    assert poison.limits(20.0).skipped == set()
