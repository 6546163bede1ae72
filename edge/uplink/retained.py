"""Retained messages as they are now, and what each connection has published of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from edge.mqtt.backoff import Backoff
from edge.mqtt.properties import PLAIN_JSON, MessageProperties
from edge.mqtt.reason_codes import PubackAction
from edge.uplink.inflight import OutgoingMessage

FIRST_S, LONGEST_S = 1.0, 60.0
"""How long a message that was refused waits."""


@dataclass(frozen=True, slots=True)
class RetainedMessage:
    """One retained message.

    Attributes:
        key: A message with the same key takes its place.
        topic: Where it is published; two messages may share a topic.
        payload: Its bytes.
        properties: What else is said of it.
        edition: Another one of the same message has it published again.
        taken: Called with the key when a broker has it.
    """

    key: str
    topic: str
    payload: bytes
    properties: MessageProperties = PLAIN_JSON
    edition: int = 0
    taken: Callable[[str], None] | None = None


class RetainedMessages:
    """The messages as they are now, in the order of their first versions. Used by the sender thread only."""

    def __init__(self) -> None:
        self.version = 0
        """Changes with every message."""
        self._messages: dict[str, RetainedMessage] = {}

    def put(self, message: RetainedMessage) -> None:
        """Adds a message, in place of the one with its key."""
        if self._messages.get(message.key) != message:
            self._messages[message.key] = message
            self.version += 1

    def remove(self, key: str) -> None:
        """Forgets a message; what a broker keeps of it stays there."""
        self._messages.pop(key, None)

    def __iter__(self) -> Iterator[RetainedMessage]:
        return iter(tuple(self._messages.values()))


@dataclass(slots=True)
class _RefusedMessage:
    """A message that was refused: when it is tried again, in whatever version it has by then."""

    due: float = 0.0
    backoff: Backoff = field(default_factory=lambda: Backoff(FIRST_S, LONGEST_S))


class RetainedCursor:
    """Hands the retained messages to one connection: all of them first, later those that have changed."""

    def __init__(
        self, retained_messages: RetainedMessages, skipped: AbstractSet[Hashable] = frozenset()
    ) -> None:
        """`skipped`: keys of messages that this connection does not publish."""
        self._retained_messages = retained_messages
        self._skipped = skipped
        self._handed_out: dict[Hashable, RetainedMessage] = {}
        self._refused: dict[Hashable, _RefusedMessage] = {}
        self._due: deque[RetainedMessage] = deque()
        self._version = -1

    @property
    def empty(self) -> bool:
        """Whether there is nothing new to publish, but for what was refused."""
        return not self._due and self._version == self._retained_messages.version

    def wait(self, now: float) -> float | None:
        """Seconds until a refused message is due; None where none waits."""
        waits = [refused.due - now for refused in self._refused.values() if refused.due > now]
        return min(waits, default=None)

    def next(self, now: float) -> OutgoingMessage | None:
        """The next message; None where there is none."""
        if self._version != self._retained_messages.version or self._comes_due(now):
            self._version = self._retained_messages.version
            self._due = deque(message for message in self._retained_messages if self._is_new(message, now))
        if not self._due:
            return None
        message = self._due.popleft()
        self._handed_out[message.key] = message
        return OutgoingMessage(
            message.topic,
            message.payload,
            self,
            message.key,
            is_notice=True,
            retain=True,
            properties=message.properties,
        )

    def sent(self, message: OutgoingMessage) -> None:
        """The broker has it; what has changed meanwhile is due by itself."""
        self._refused.pop(message.key, None)
        handed_out = self._handed_out.get(message.key)
        if handed_out is not None and handed_out.taken is not None:
            handed_out.taken(handed_out.key)

    def refused(self, message: OutgoingMessage, _action: PubackAction, now: float) -> None:
        """Due again after a while, ever longer; the others do not wait for it."""
        self._handed_out.pop(message.key, None)
        refused = self._refused.setdefault(message.key, _RefusedMessage())
        refused.due = now + refused.backoff.next()

    def give_up(self, _message: OutgoingMessage) -> str:
        """It stays handed out, so that only its next version is tried."""
        return "it is left out"

    def _comes_due(self, now: float) -> bool:
        return any(
            refused.due <= now and key not in self._handed_out for key, refused in self._refused.items()
        )

    def _is_new(self, message: RetainedMessage, now: float) -> bool:
        refused = self._refused.get(message.key)
        if message.key in self._skipped or (refused is not None and refused.due > now):
            return False
        return self._handed_out.get(message.key) != message
