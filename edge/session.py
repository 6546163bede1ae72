"""One connection's account: what the broker was given, what it has answered, what comes next.

Used by the sender thread only; takes time as an argument.
"""

from __future__ import annotations

import secrets
from collections import deque
from dataclasses import dataclass
from typing import Protocol

from edge import messages
from edge.messages import ONLINE, Stored, Topics
from edge.mqtt import REFUSED, Link
from edge.signals import Acknowledged, Connected
from edge.types import State

WINDOW = 20
"""Messages that the broker may owe an answer for, whatever it would take."""

PAGE = 100
"""Events that are read from the spool at once."""

NOBODY_SUBSCRIBED = 0x10
SET_ASIDE = frozenset({0x90, 0x95, 0x99})
"""Refusals of this one message (topic, size, format): sending it again at once would change nothing."""

_HEADERS = 16
_jitter = secrets.SystemRandom()


class Reader(Protocol):
    """The reading side of the spool, as a session needs it."""

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Committed events without acknowledgement, in order, with sequences beyond `after`."""

    def mark_sent(self, sequences: tuple[int, ...]) -> None:
        """Says that the broker has acknowledged these."""

    def state(self) -> State | None:
        """The latest state."""


@dataclass(slots=True)
class Backoff:
    """Waiting times that double from `first` to `longest` seconds, each shortened by chance up to half."""

    first: float = 0.5
    longest: float = 15.0
    failures: int = 0

    def next(self) -> float:
        """Seconds to wait after one more failure."""
        whole = min(self.longest, self.first * 2.0 ** min(self.failures, 16))
        self.failures += 1
        return _jitter.uniform(whole / 2, whole)

    def reset(self) -> None:
        """Begins with the shortest again."""
        self.failures = 0


@dataclass(frozen=True, slots=True)
class _Message:
    """What is published next; `event` is None for a retained message."""

    topic: str
    payload: bytes
    event: Stored | None = None


class Session:
    """One connection, from the attempt to its end."""

    def __init__(self, link: Link, reader: Reader, topics: Topics) -> None:
        self.link = link
        self.ready = False
        self.proved = False
        self._reader = reader
        self._topics = topics
        self._window = 0
        self._largest: int | None = None
        self._inflight: dict[int, _Message] = {}
        self._births = deque([_Message(topics.availability, ONLINE)])
        self._state: State | None = None
        self._page: deque[Stored] = deque()
        self._refused: list[Stored] = []
        self._cursor = 0
        self._more = True
        self._resume_at = 0.0
        self._backoff = Backoff()

    @property
    def drained(self) -> bool:
        """Whether all that the spool had was sent and answered."""
        return self.ready and not (
            self._inflight or self._births or self._page or self._refused or self._more
        )

    def open(self, connected: Connected) -> None:
        """The broker has accepted the connection."""
        self.ready = True
        self._window = min(WINDOW, connected.receive_maximum)
        self._largest = connected.largest

    def changed(self) -> None:
        """The spool has something new."""
        self._more = True

    def pause(self, until: float) -> None:
        """Sends no events before a monotonic time."""
        self._resume_at = max(self._resume_at, until)

    def pause_left(self, now: float) -> float | None:
        """Seconds until events are sent again; None where they are not held back."""
        return self._resume_at - now if self._resume_at > now else None

    def fill(self, now: float) -> str:
        """Publishes as much as the window takes.

        Returns:
            A sentence on an event that this broker cannot take, empty where there is none.

        Raises:
            BrokerError: The connection is gone.
            SpoolError: The spool cannot be read.
        """
        complaint = ""
        while self.ready and len(self._inflight) < self._window:
            message = self._next(now)
            if message is None:
                break
            if self._too_large(message):
                complaint = f"the broker takes at most {self._largest} bytes; a larger message is held back"
                continue
            mid = self.link.publish(message.topic, message.payload, retain=message.event is None)
            self._inflight[mid] = message
        return complaint

    def acknowledged(self, answer: Acknowledged, now: float) -> str:
        """Takes the broker's answer to one message.

        Returns:
            A sentence on a refusal, empty where there is none.

        Raises:
            SpoolError: The spool is closed.
        """
        message = self._inflight.pop(answer.mid, None)
        if message is None:
            return ""
        if answer.code >= REFUSED:
            return self._refuse(message, answer, now)
        self.proved = True
        if message.event is not None:
            self._backoff.reset()
            self._reader.mark_sent((message.event.sequence,))
        return ""

    def _next(self, now: float) -> _Message | None:
        if self._births:
            return self._births.popleft()
        state = self._reader.state()
        if state is not None and state is not self._state:
            self._state = state
            return _Message(self._topics.state, messages.encode(messages.state_payload(state)))
        event = self._next_event() if now >= self._resume_at else None
        return None if event is None else _Message(self._topics.event, event.payload, event)

    def _next_event(self) -> Stored | None:
        if self._refused:
            return self._refused.pop(0)
        if not self._page and self._more:
            self._page.extend(self._reader.unsent(self._cursor, PAGE))
            self._more = bool(self._page)
        if not self._page:
            return None
        self._cursor = self._page[0].sequence
        return self._page.popleft()

    def _refuse(self, message: _Message, answer: Acknowledged, now: float) -> str:
        refusal = f"the broker refuses {message.topic}: {answer.text.lower()}"
        if message.event is None:
            return f"{refusal}; its access list must allow this device to publish there"
        if answer.code in SET_ASIDE:
            return f"{refusal}; event {message.event.sequence} stays in the spool until the next connection"
        self._refused.append(message.event)
        self._refused.sort(key=lambda event: event.sequence)
        self.pause(now + self._backoff.next())
        return f"{refusal}; its events wait in the spool"

    def _too_large(self, message: _Message) -> bool:
        size = len(message.topic) + len(message.payload) + _HEADERS
        return self._largest is not None and size > self._largest
