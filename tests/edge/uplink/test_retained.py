"""Retained messages, as one connection publishes them."""

from __future__ import annotations

from edge.mqtt.events import ConnectionAccepted
from edge.uplink.retained import RetainedMessage
from tests.support.fakes import FakeConnection, FakeSpoolReader
from tests.support.sessions import BUSY, DENIED, LATER, TOPICS, begin, make, topics


def test_a_retained_message_is_published_once() -> None:
    """A state goes out when it changes, not with every turn."""
    connection = FakeConnection()
    session, retained_messages = make(connection, FakeSpoolReader(0))
    session.open(ConnectionAccepted(20, None))
    for payload in (b"1", b"1", b"2"):
        retained_messages.put(RetainedMessage("state", TOPICS.state, payload))
        session.fill(0)
    assert topics(connection).count("state") == 2


def test_a_broker_that_retains_nothing_is_not_asked_to() -> None:
    """A retained message would end the connection to it; it gets the same without `retain`."""
    connection = FakeConnection()
    session, _ = make(connection, FakeSpoolReader(0))
    session.open(ConnectionAccepted(20, None, retains=False))
    session.fill(0)
    assert [retained for _, _, retained in connection.published] == [False]


def test_a_busy_broker_gets_the_state_later() -> None:
    """A retained message over a quota is published again; one that is forbidden is not, until it changes."""
    session, connection, _ = begin(0)
    session.fill(0)
    session.handle_acknowledgement(connection.answer(BUSY), 0)
    session.fill(0)
    assert not connection.in_flight
    session.fill(LATER)
    session.handle_acknowledgement(connection.answer(DENIED), LATER)
    session.fill(2 * LATER)
    assert topics(connection) == ["availability", "availability"]
