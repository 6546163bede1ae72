"""Sessions with a connection whose broker is the test."""

from __future__ import annotations

from typing import cast

from edge.messages.topics import Topics
from edge.mqtt.client import Connection
from edge.mqtt.events import ConnectionAccepted
from edge.uplink.ports import SpoolReader
from edge.uplink.replies import ReplyQueue
from edge.uplink.retained import RetainedMessage, RetainedMessages
from edge.uplink.session import Session, SessionLimits, Sources
from tests.support.fakes import FakeConnection, FakeSpoolReader

TOPICS = Topics("site", "door")


OK, NOBODY, BUSY, DENIED, TOO_LARGE = 0x00, 0x10, 0x97, 0x87, 0x95


LATER = 1e6


BIRTH = RetainedMessage("availability", TOPICS.availability, b"online")


def make(
    connection: FakeConnection, reader: SpoolReader | FakeSpoolReader, limits: SessionLimits | None = None
) -> tuple[Session, RetainedMessages]:
    """A session and its retained messages, of which `online` is the first."""
    retained_messages = RetainedMessages()
    retained_messages.put(BIRTH)
    return Session(
        cast(Connection, connection),
        Sources(cast(SpoolReader, reader), retained_messages, ReplyQueue(TOPICS)),
        TOPICS,
        limits or SessionLimits(),
    ), retained_messages


def begin(
    count: int, maximum: int = 65_535, largest: int | None = None, limits: SessionLimits | None = None
) -> tuple[Session, FakeConnection, FakeSpoolReader]:
    connection, reader = FakeConnection(), FakeSpoolReader(count)
    session, _ = make(connection, reader, limits)
    session.open(ConnectionAccepted(maximum, largest))
    return session, connection, reader


def answer_all(session: Session, connection: FakeConnection, now: float = 0.0) -> None:
    """Every message is taken, until nothing more comes."""
    session.fill(now)
    while connection.in_flight:
        session.handle_acknowledgement(connection.answer(OK), now)
        session.fill(now)


def topics(connection: FakeConnection) -> list[str]:
    return [topic.rpartition("/")[2] for topic, _, _ in connection.published]


def numbers(connection: FakeConnection) -> list[int]:
    """The events that were published, in order; their payload is their number."""
    return [int(payload) for topic, payload, _ in connection.published if topic == TOPICS.event]


def answer_birth(session: Session, connection: FakeConnection) -> None:
    session.fill(0)
    session.handle_acknowledgement(connection.answer(OK), 0)
    session.fill(0)
