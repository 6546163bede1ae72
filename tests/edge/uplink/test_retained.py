"""Retained messages, as one connection publishes them."""

from __future__ import annotations

import pytest

from edge.mqtt.events import ConnectionAccepted
from edge.uplink.retained import FIRST_S, RetainedMessage
from tests.support.fakes import FakeConnection, FakeSpoolReader
from tests.support.sessions import BUSY, DENIED, LATER, TOPICS, answer_all, begin, make, topics


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
    """A retained message that is refused, for whatever reason, is published again after a while."""
    session, connection, _ = begin(0)
    session.fill(0)
    session.handle_acknowledgement(connection.answer(BUSY), 0)
    session.fill(0)
    assert not connection.in_flight
    assert 0 < (session.wait(0) or 0) <= FIRST_S
    session.fill(LATER)
    session.handle_acknowledgement(connection.answer(DENIED), LATER)
    session.fill(2 * LATER)
    assert topics(connection) == ["availability"] * 3


@pytest.mark.parametrize("code", [BUSY, DENIED, 0x80, 0x83, 0xA3])
def test_a_refused_notice_holds_up_nothing(code: int) -> None:
    """Other retained messages and events go on at once, and nothing is said of them."""
    connection, reader = FakeConnection(), FakeSpoolReader(3)
    session, retained_messages = make(connection, reader)
    retained_messages.put(RetainedMessage("state", TOPICS.state, b"{}"))
    session.open(ConnectionAccepted(1, None))
    session.fill(0)
    assert TOPICS.availability in session.handle_acknowledgement(connection.answer(code), 0)
    answer_all(session, connection)
    assert topics(connection) == ["availability", "state", "event", "event", "event"]
    assert reader.sent == [1, 2, 3]
    assert session.problem == ""


def test_the_latest_version_is_what_is_tried_again() -> None:
    """A message that changes while it waits goes when it is due, as it is then."""
    connection = FakeConnection()
    session, retained_messages = make(connection, FakeSpoolReader(0))
    session.open(ConnectionAccepted(20, None))
    session.fill(0)
    session.handle_acknowledgement(connection.answer(DENIED), 0)
    retained_messages.put(RetainedMessage("availability", TOPICS.availability, b"changed"))
    session.fill(0)
    assert not connection.in_flight
    session.fill(LATER)
    assert connection.published[-1][1] == b"changed"
