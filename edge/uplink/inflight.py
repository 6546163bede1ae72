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
    letter: OutgoingMessage
    at: float


class InFlight:
    """The messages that a broker has not answered, in the order in which they were handed over.

    A broker must acknowledge in that order. So one that answers nothing for a while, and one that
    has left a message out, will not answer any more.
    """

    def __init__(self) -> None:
        self._letters: dict[int, _SentMessage] = {}
        self._heard_at = float("-inf")
        self._left_out: int | None = None
        self._left_out_at = 0.0

    def __len__(self) -> int:
        return len(self._letters)

    def __iter__(self) -> Iterator[OutgoingMessage]:
        return (handed.letter for handed in self._letters.values())

    def add(self, number: int, letter: OutgoingMessage, now: float) -> None:
        """A message was handed over at a monotonic time."""
        self._letters[number] = _SentMessage(letter, now)

    def take(self, number: int, now: float) -> OutgoingMessage | None:
        """The message that an answer belongs to; None where there is none."""
        if number not in self._letters:
            return None
        oldest = next(iter(self._letters))
        if number == self._left_out:
            self._left_out = None
        elif number != oldest and self._left_out is None:
            self._left_out, self._left_out_at = oldest, now
        self._heard_at = now
        return self._letters.pop(number).letter

    def silence(self, now: float) -> float:
        """Seconds since the broker should have answered."""
        if not self._letters:
            return 0.0
        silent = now - max(next(iter(self._letters.values())).at, self._heard_at)
        return silent if self._left_out is None else max(silent, now - self._left_out_at)
