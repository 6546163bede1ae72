"""Keeps the board: availability, the lamp's state, the last minute, the present hour and day.

Used by the sender thread only.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable

from edge.errors import SpoolError
from edge.messages import payloads
from edge.messages.payloads import MinuteReport, Trouble, stats_message, summary_message
from edge.messages.topics import ONLINE, Topics
from edge.system import health
from edge.telemetry import summaries
from edge.telemetry.minutes import MinuteStats
from edge.telemetry.records import DAY_S, HOUR_S, VerdictCounts
from edge.uplink.ports import SpoolReader
from edge.uplink.retained import RetainedMessage, RetainedMessages

EXPIRY_S = 180
UNHEARD_EVERY_S = 10.0
"""Between two states that differ in nothing but the number of messages that nobody heard."""
LINGER_S = 1.0
"""After the end of a minute, so that what was decided in it is on disk."""
_log = logging.getLogger(__name__)


class MinuteQueue:
    """Where the side that sees leaves how its minutes went; neither side waits for the other."""

    def __init__(self) -> None:
        self._courses: deque[MinuteStats] = deque(maxlen=5)

    def put(self, minute_stats: MinuteStats) -> None:
        """Leaves a minute; the oldest is forgotten when nobody takes them."""
        self._courses.append(minute_stats)

    def take(self) -> MinuteStats | None:
        """The oldest minute; None where there is none."""
        try:
            return self._courses.popleft()
        except IndexError:
            return None


class StatusPublisher:
    """Puts up what has changed."""

    def __init__(
        self,
        books: SpoolReader,
        topics: Topics,
        minute_queue: MinuteQueue | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self.retained_messages = RetainedMessages()
        self._books = books
        self._topics = topics
        self._gauge = minute_queue
        self._wall = wall
        self._shown: tuple[object, ...] = ()
        self._unheard = 0
        self._count_at = 0.0
        self._course: MinuteStats | None = None
        self._due = 0.0
        self._linger = LINGER_S
        self._final = {HOUR_S: -1, DAY_S: -1}
        self.retained_messages.put(RetainedMessage("availability", topics.availability, ONLINE))

    def cycle(self, now: float, unheard: int, send_problem: str) -> None:
        """Looks for what has changed.

        Args:
            now: Monotonic time.
            unheard: Messages that a broker took while nobody was subscribed, since the program began.
            send_problem: Why events may not be published; empty where they may.
        """
        if now >= self._count_at:
            self._count_at, self._unheard = now + UNHEARD_EVERY_S, unheard
        try:
            self._minute(now)
        except SpoolError as error:
            _log.warning("no statistics for now: %s", error)
        self._state(send_problem)

    def hurry(self) -> None:
        """The end is near: minutes are told without waiting."""
        self._linger = self._due = 0.0

    def _state(self, send_problem: str) -> None:
        state, problem = self._books.state(), self._books.problem
        shown = (state, problem, send_problem, self._unheard)
        if state is None or shown == self._shown:
            return
        self._shown = shown
        trouble = Trouble(self._unheard, problem, send_problem)
        try:
            payload = payloads.encode(payloads.state_payload(state, trouble))
        except ValueError as error:
            _log.error("the lamp's state cannot be told: %s", error)
            return
        self.retained_messages.put(RetainedMessage("state", self._topics.state, payload))

    def _minute(self, now: float) -> None:
        minute_queue = self._gauge
        if minute_queue is None:
            return
        if self._final[DAY_S] < 0:
            self._begin()
        while minute_stats := self._over(minute_queue, now):
            self._stats(minute_stats)
            self._summaries()

    def _over(self, minute_queue: MinuteQueue, now: float) -> MinuteStats | None:
        """A minute that ended some time ago."""
        if self._course is None:
            self._course = minute_queue.take()
            self._due = now + self._linger
        if self._course is None or now < self._due:
            return None
        minute_stats, self._course = self._course, None
        return minute_stats

    def _begin(self) -> None:
        """A program that starts tells of the hour and the day before once more."""
        wall = self._wall()
        self._final = {length: summaries.begin(wall, length) - 2 * length for length in self._final}
        self._summaries()

    def _stats(self, minute_stats: MinuteStats) -> None:
        found = self._books.minutes(minute_stats.start, minute_stats.start)
        verdicts = found[0].verdicts if found else VerdictCounts()
        minutely = MinuteReport(minute_stats, verdicts, self._books.figures(), health.read(), self._unheard)
        self.retained_messages.put(
            RetainedMessage("stats", self._topics.stats, stats_message(minutely), EXPIRY_S)
        )

    def _summaries(self) -> None:
        for length, name, topic in (
            (HOUR_S, "hour", self._topics.hour),
            (DAY_S, "day", self._topics.day),
        ):
            wall = self._wall()
            for start in summaries.ended_since(self._final[length], wall, length, most=1):
                self._summary(f"{name} before", topic, start, length)
                self._final[length] = start
            self._summary(name, topic, summaries.begin(wall, length), length)

    def _summary(self, key: str, topic: str, start: int, length: int) -> None:
        minutes = self._books.minutes(start, start + length - 1)
        found = summaries.summarise(start, length, minutes, self._wall())
        self.retained_messages.put(RetainedMessage(key, topic, summary_message(found)))
