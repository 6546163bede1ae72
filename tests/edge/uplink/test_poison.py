"""Which message it is that a broker hangs up on."""

from __future__ import annotations

from edge.mqtt.events import ConnectionAccepted, ConnectionLost
from edge.uplink.poison import LATER_S, SHORT_S, PoisonDetector
from tests.support.fakes import FakeConnection, FakeSpoolReader
from tests.support.sessions import OK, answer_birth, make

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


def test_the_end_after_a_fellow_was_taken_names_the_event() -> None:
    """The second end suspects it, one by one; the third, with a fellow taken in between, convicts it."""
    poison, reader = PoisonDetector(45.0), FakeSpoolReader(40)
    assert connect(poison, reader, BLAMED, b"13", 0.0) is None
    assert connect(poison, reader, BLAMED, b"13", 1.0) is None
    assert connect(poison, reader, BLAMED, b"13", 2.0) == 13
    assert poison.limits(3.0).forbidden == ""


def test_a_broker_that_hangs_up_on_every_event_gives_none_up() -> None:
    """Whatever comes first is the end: that is the broker's fault, and the sender says so."""
    poison, reader = PoisonDetector(45.0), FakeSpoolReader(40)
    for moment in range(100):
        connection = FakeConnection()
        session, _ = make(connection, reader, poison.limits(float(moment)))
        session.open(ConnectionAccepted(20, None))
        answer_birth(session, connection)
        assert poison.connection_ended(session, BLAMED, 0.1, float(moment)) is None
    assert "hangs up on every event" in poison.limits(100.0).forbidden
    assert reader.sent == []


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


def test_an_end_that_this_side_made_suspects_nobody() -> None:
    """What the broker sent was the cause, not what it was sent."""
    poison, reader = PoisonDetector(45.0), FakeSpoolReader(40)
    ended = ConnectionLost(0x80, "a packet of more than 16384 bytes", by_broker=False, refused=True)
    for moment in range(9):
        assert connect(poison, reader, ended, b"13", float(moment)) is None
    assert poison.limits(9.0).skipped == set()
    assert poison.limits(9.0).one_by_one == 0
