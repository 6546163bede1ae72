"""Retained messages: what a broker is told again with every connection, and when it changes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RetainedMessage:
    """One retained message.

    Attributes:
        key: What it replaces on the board.
        topic: Where it is published; two notices may share a topic.
        payload: Its bytes.
        expiry_s: Seconds after which a broker forgets it; None for never.
    """

    key: str
    topic: str
    payload: bytes
    expiry_s: int | None = None


class RetainedMessages:
    """The notices as they are now, in the order in which they first came. Used by the sender thread only."""

    def __init__(self) -> None:
        self.version = 0
        """Changes with every notice."""
        self._notices: dict[str, RetainedMessage] = {}

    def put(self, notice: RetainedMessage) -> None:
        """Puts a notice up, in place of the one with its key."""
        if self._notices.get(notice.key) != notice:
            self._notices[notice.key] = notice
            self.version += 1

    def remove(self, key: str) -> None:
        """Takes a notice down; what a broker was told stays there."""
        if self._notices.pop(key, None) is not None:
            self.version += 1

    def __iter__(self) -> Iterator[RetainedMessage]:
        return iter(tuple(self._notices.values()))


class RetainedCursor:
    """What one connection was told of a board."""

    def __init__(
        self, retained_messages: RetainedMessages, left_out: AbstractSet[object] = frozenset()
    ) -> None:
        """`left_out`: keys of notices on which the broker hangs up."""
        self._retained_messages = retained_messages
        self._left_out = left_out
        self._sent: dict[str, RetainedMessage] = {}
        self._due: deque[RetainedMessage] = deque()
        self._version = -1

    @property
    def empty(self) -> bool:
        """Whether there is nothing new to tell."""
        return not self._due and self._version == self._retained_messages.version

    def next(self) -> RetainedMessage | None:
        """The next notice, which counts as told; None where there is none."""
        if self._version != self._retained_messages.version:
            self._version = self._retained_messages.version
            self._due = deque(notice for notice in self._retained_messages if self._is_news(notice))
        if not self._due:
            return None
        notice = self._due.popleft()
        self._sent[notice.key] = notice
        return notice

    def _is_news(self, notice: RetainedMessage) -> bool:
        return self._sent.get(notice.key) != notice and notice.key not in self._left_out

    def take_back(self, notice: RetainedMessage) -> None:
        """A notice was not taken and is to be told again."""
        self._sent.pop(notice.key, None)
        self._version = -1
