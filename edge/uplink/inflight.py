"""What a connection carries, and the account of what a broker owes an answer for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edge.types import Gap
from edge.uplink.event_queue import QueuedEvent
from edge.uplink.retained import RetainedMessage

_HEADERS = 24


@dataclass(frozen=True, slots=True)
class OutgoingMessage:
    """One message on its way, and what it carries."""

    topic: str
    payload: bytes
    content: QueuedEvent | Gap | RetainedMessage

    @property
    def size(self) -> int:
        """Bytes of the packet, and some more."""
        return len(self.topic) + len(self.payload) + _HEADERS


@dataclass(frozen=True, slots=True)
class _SentMessage:
    message: OutgoingMessage
    at: float


class InFlight:
    """The messages that a broker has not answered, in the order in which they were handed over.

    A broker must acknowledge in that order. So one that answers nothing for a while, and one that
    has left a message out, will not answer any more.
    """

    def __init__(self) -> None:
        self._messages: dict[int, _SentMessage] = {}
        self._heard_at = float("-inf")
        self._left_out: int | None = None
        self._left_out_at = 0.0

    def __len__(self) -> int:
        return len(self._messages)

    def __iter__(self) -> Iterator[OutgoingMessage]:
        return (handed.message for handed in self._messages.values())

    def add(self, number: int, message: OutgoingMessage, now: float) -> None:
        """A message was handed over at a monotonic time."""
        self._messages[number] = _SentMessage(message, now)

    def take(self, number: int, now: float) -> OutgoingMessage | None:
        """The message that an answer belongs to; None where there is none."""
        if number not in self._messages:
            return None
        oldest = next(iter(self._messages))
        if number == self._left_out:
            self._left_out = None
        elif number != oldest and self._left_out is None:
            self._left_out, self._left_out_at = oldest, now
        self._heard_at = now
        return self._messages.pop(number).message

    def silence(self, now: float) -> float:
        """Seconds since the broker should have answered."""
        if not self._messages:
            return 0.0
        silent = now - max(next(iter(self._messages.values())).at, self._heard_at)
        return silent if self._left_out is None else max(silent, now - self._left_out_at)
