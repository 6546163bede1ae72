"""Retained messages as they are now, and what each connection has published of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from edge.mqtt.reason_codes import PubackAction
from edge.uplink.inflight import OutgoingMessage


@dataclass(frozen=True, slots=True)
class RetainedMessage:
    """One retained message.

    Attributes:
        key: A message with the same key takes its place.
        topic: Where it is published; two messages may share a topic.
        payload: Its bytes.
        expiry_s: Seconds after which a broker forgets it; None for never.
    """

    key: str
    topic: str
    payload: bytes
    expiry_s: int | None = None


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

    def __iter__(self) -> Iterator[RetainedMessage]:
        return iter(tuple(self._messages.values()))


class RetainedCursor:
    """Hands the retained messages to one connection: all of them first, later those that have changed."""

    def __init__(
        self, retained_messages: RetainedMessages, skipped: AbstractSet[Hashable] = frozenset()
    ) -> None:
        """`skipped`: keys of messages that this connection does not publish."""
        self._retained_messages = retained_messages
        self._skipped = skipped
        self._handed_out: dict[Hashable, RetainedMessage] = {}
        self._due: deque[RetainedMessage] = deque()
        self._version = -1

    @property
    def empty(self) -> bool:
        """Whether there is nothing new to publish."""
        return not self._due and self._version == self._retained_messages.version

    def next(self) -> OutgoingMessage | None:
        """The next message; None where there is none."""
        if self._version != self._retained_messages.version:
            self._version = self._retained_messages.version
            self._due = deque(message for message in self._retained_messages if self._is_new(message))
        if not self._due:
            return None
        message = self._due.popleft()
        self._handed_out[message.key] = message
        return OutgoingMessage(
            message.topic, message.payload, self, message.key, retain=True, expiry_s=message.expiry_s
        )

    def sent(self, _message: OutgoingMessage) -> None:
        """The broker has it; what has changed meanwhile is due by itself."""

    def refused(self, message: OutgoingMessage, action: PubackAction, _now: float) -> None:
        """Due again, unless the device may not publish it: then only its next version is tried."""
        if action is PubackAction.RETRY_LATER:
            self._handed_out.pop(message.key, None)
            # `next` then looks for what is due, although no message has changed.
            self._version = -1

    def give_up(self, _message: OutgoingMessage) -> str:
        """It stays handed out, so that only its next version is tried."""
        return "it is left out"

    def _is_new(self, message: RetainedMessage) -> bool:
        return self._handed_out.get(message.key) != message and message.key not in self._skipped
