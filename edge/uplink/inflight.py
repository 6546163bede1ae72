"""Outgoing messages, the queues that they come from, and those that a broker has not acknowledged."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.mqtt.properties import PLAIN_JSON, MessageProperties, packet_size
from edge.mqtt.reason_codes import PubackAction


def allow_all(_topic: str) -> bool:
    """Whether something may be published on a topic: anything on any."""
    return True


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message on its way to a broker.

    Attributes:
        topic: Where it is published.
        payload: Its bytes.
        queue: Where it comes from, and what takes its outcome.
        key: What names it in its queue, over all connections.
        is_event: Whether it is an event, which is never left out without a gap in its place.
        is_notice: Whether it tells of now, so that nothing waits for it and a later one makes up for it.
        retain: Whether a broker keeps it for those who subscribe later.
        properties: What else is said of it.
    """

    topic: str
    payload: bytes
    queue: OutgoingQueue
    key: Hashable
    is_event: bool = False
    is_notice: bool = False
    retain: bool = False
    properties: MessageProperties = PLAIN_JSON

    @property
    def size(self) -> int:
        """Bytes of the packet, at most."""
        return packet_size(self.topic, self.payload, self.properties)


class OutgoingQueue(Protocol):
    """One kind of messages; each that it hands out comes back to it, once, with its outcome."""

    def sent(self, message: OutgoingMessage, /) -> None:
        """The broker has acknowledged it.

        Raises:
            SpoolError: The spool is closed.
        """

    def refused(self, message: OutgoingMessage, action: PubackAction, now: float, /) -> None:
        """The broker has not taken it for now: `RETRY_LATER` or `NOT_AUTHORIZED`."""

    def give_up(self, message: OutgoingMessage, /) -> str:
        """This broker will never take it.

        Returns:
            What becomes of it, in words for the log.

        Raises:
            SpoolError: The spool is closed.
        """


@dataclass(frozen=True, slots=True)
class _SentMessage:
    message: OutgoingMessage
    at: float


class InFlight:
    """The messages that a broker has not acknowledged, in the order in which they were published.

    A broker must acknowledge in that order. So one that acknowledges nothing for a while, and one that
    has skipped a message, will not acknowledge any more.
    """

    def __init__(self) -> None:
        self._messages: dict[int, _SentMessage] = {}
        self._last_ack_at = float("-inf")
        self._skipped: int | None = None
        self._skipped_at = 0.0

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[OutgoingMessage]:
        return (sent.message for sent in self._messages.values())

    def add(self, mid: int, message: OutgoingMessage, now: float) -> None:
        """A message was published at a monotonic time."""
        self._messages[mid] = _SentMessage(message, now)

    def pop(self, mid: int, now: float) -> OutgoingMessage | None:
        """The message that an acknowledgement belongs to; None where there is none."""
        if mid not in self._messages:
            return None
        oldest = next(iter(self._messages))
        if mid == self._skipped:
            self._skipped = None
        # MQTT 5.0, section 4.6: PUBACKs come in the order of the PUBLISH packets.
        elif mid != oldest and self._skipped is None:
            self._skipped, self._skipped_at = oldest, now
        self._last_ack_at = now
        return self._messages.pop(mid).message

    def overdue_s(self, now: float) -> float:
        """Seconds since the broker should have acknowledged the oldest message."""
        if not self._messages:
            return 0.0
        # Any acknowledgement counts: a broker that is slow with a full window still answers.
        overdue = now - max(next(iter(self._messages.values())).at, self._last_ack_at)
        return overdue if self._skipped is None else max(overdue, now - self._skipped_at)
