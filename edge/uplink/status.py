"""Keeps the retained messages up to date: availability, state, the last minute, the present hour and day.

Used by the sender thread only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from edge.errors import SpoolError
from edge.messages import payloads
from edge.messages.payloads import MinuteReport, Trouble, stats_message, summary_message
from edge.messages.topics import ONLINE, Topics
from edge.mqtt.properties import TEXT, MessageProperties
from edge.system import health
from edge.system.local_time import MACHINE, LocalTime
from edge.telemetry import summaries
from edge.telemetry.minutes import MinuteQueue, MinuteStats
from edge.telemetry.records import HOUR_S, Minute, minute_of
from edge.telemetry.totals import Totals
from edge.uplink.ports import SpoolReader
from edge.uplink.retained import RetainedMessage, RetainedMessages

EXPIRY_S = 180
NO_SUBSCRIBERS_EVERY_S = 10.0
"""Between two states that differ in nothing but the number of messages without a subscriber."""
MINUTE_DELAY_S = 1.0
"""After the end of a minute, so that what was decided in it is on disk."""
_log = logging.getLogger(__name__)


class StatusPublisher:
    """Puts what has changed among the retained messages."""

    def __init__(
        self,
        spool: SpoolReader,
        topics: Topics,
        minute_queue: MinuteQueue | None = None,
        wall: Callable[[], float] = time.time,
        local: LocalTime = MACHINE,
    ) -> None:
        """Begins with availability.

        Args:
            spool: The spool.
            topics: The device's.
            minute_queue: Where statistics of minutes come from; None for no statistics.
            wall: Gives Unix time.
            local: Whose days are summed up.
        """
        self.retained_messages = RetainedMessages()
        self._spool = spool
        self._topics = topics
        self._minute_queue = minute_queue
        self._wall = wall
        self._published: tuple[object, ...] = ()
        self._no_subscribers = 0
        self._count_at = 0.0
        self._totals = Totals()
        self._minute: MinuteStats | None = None
        self._minute_due = 0.0
        self._minute_delay = MINUTE_DELAY_S
        self._periods = (
            _Period("hour", topics.hour, _hour),
            _Period("day", topics.day, local.day),
        )
        # The first message of each connection: the will may have left `offline` behind.
        self.retained_messages.put(
            RetainedMessage("availability", topics.availability, ONLINE, MessageProperties(TEXT))
        )

    def cycle(self, now: float, no_subscribers: int, send_problem: str, *, muted: bool = False) -> None:
        """Looks for what has changed.

        Args:
            now: Monotonic time.
            no_subscribers: Messages that a broker took while nobody was subscribed, since the program began.
            send_problem: Why events may not be published; empty where they may.
            muted: Whether the buzzer was told to be silent.
        """
        if now >= self._count_at:
            self._count_at, self._no_subscribers = now + NO_SUBSCRIBERS_EVERY_S, no_subscribers
        try:
            self._update_statistics(now)
        except SpoolError as error:
            # Not raised: the state is published all the same.
            _log.warning("no statistics for now: %s", error)
        self._update_state(Trouble(self._no_subscribers, self._spool.problem, send_problem, muted))

    def finish(self) -> None:
        """The program ends: from now on minutes are published without delay."""
        self._minute_delay = self._minute_due = 0.0

    def _update_state(self, trouble: Trouble) -> None:
        state = self._spool.state()
        if state is None or (state, trouble) == self._published:
            return
        # Before the encoding, so that a state that cannot be written is logged once and not in each cycle.
        self._published = (state, trouble)
        try:
            payload = payloads.encode(payloads.state_payload(state, trouble))
        except ValueError as error:
            _log.error("the lamp's state cannot be told: %s", error)
            return
        self.retained_messages.put(RetainedMessage("state", self._topics.state, payload))

    def _update_statistics(self, now: float) -> None:
        minute_queue = self._minute_queue
        if minute_queue is None:
            return
        if self._periods[0].complete_until is None:
            self._begin()
        while minute_stats := self._next_minute(minute_queue, now):
            self._put_stats(minute_stats)
            self._put_summaries()

    def _next_minute(self, minute_queue: MinuteQueue, now: float) -> MinuteStats | None:
        """A minute that ended some time ago."""
        if self._minute is None:
            self._minute = minute_queue.pop()
            self._minute_due = now + self._minute_delay
        if self._minute is None or now < self._minute_due:
            return None
        minute_stats, self._minute = self._minute, None
        return minute_stats

    def _begin(self) -> None:
        """A program that starts publishes the hour and the day before once more."""
        this_minute = minute_of(self._wall())
        for minute in self._spool.minutes(this_minute, this_minute):
            self._totals.leave_out(minute)
        self._put_summaries()

    def _put_stats(self, minute_stats: MinuteStats) -> None:
        found = self._spool.minutes(minute_stats.start, minute_stats.start)
        passes = found[0] if found else Minute(minute_stats.start)
        self._totals.add(minute_stats, passes)
        figures, sums = self._spool.figures(), self._totals.sums
        report = MinuteReport(minute_stats, passes, figures, health.read(), self._no_subscribers, sums)
        self.retained_messages.put(
            RetainedMessage(
                "stats", self._topics.stats, stats_message(report), MessageProperties(expiry_s=EXPIRY_S)
            )
        )

    def _put_summaries(self) -> None:
        for period in self._periods:
            start, end = period.around(self._wall())
            before = period.around(start - 1)
            # Only the latest: an earlier one would be replaced on the same topic at once.
            if period.complete_until is None or before[0] > period.complete_until:
                self._put_summary(f"{period.name} before", period.topic, *before)
                period.complete_until = before[0]
            self._put_summary(period.name, period.topic, start, end)

    def _put_summary(self, key: str, topic: str, start: int, end: int) -> None:
        minutes = self._spool.minutes(start, end - 1)
        found = summaries.summarise(start, end - start, minutes, self._wall())
        self.retained_messages.put(RetainedMessage(key, topic, summary_message(found)))


@dataclass(slots=True)
class _Period:
    """Hours or days: which one is around a Unix time, and when the last began that was told complete."""

    name: str
    topic: str
    around: Callable[[float], tuple[int, int]]
    complete_until: int | None = None


def _hour(wall: float) -> tuple[int, int]:
    start = summaries.begin(wall, HOUR_S)
    return start, start + HOUR_S
