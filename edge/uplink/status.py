"""Keeps the retained messages up to date: availability, state, the last minute, the present hour and day.

Used by the sender thread only.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from edge.errors import SpoolError
from edge.messages import payloads
from edge.messages.payloads import MinuteReport, Trouble, stats_message, summary_message
from edge.messages.topics import ONLINE, Topics
from edge.mqtt.properties import TEXT, MessageProperties
from edge.system import health
from edge.telemetry import summaries
from edge.telemetry.minutes import MinuteQueue, MinuteStats
from edge.telemetry.records import DAY_S, HOUR_S, Minute
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
    ) -> None:
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
        self._complete_until = {HOUR_S: -1, DAY_S: -1}
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
        if self._complete_until[DAY_S] < 0:
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
        wall = self._wall()
        # `ended_since` begins after this one, so that it gives the period before the present one.
        self._complete_until = {
            length: summaries.begin(wall, length) - 2 * length for length in self._complete_until
        }
        self._put_summaries()

    def _put_stats(self, minute_stats: MinuteStats) -> None:
        found = self._spool.minutes(minute_stats.start, minute_stats.start)
        passes = found[0] if found else Minute(minute_stats.start)
        self._totals.add(minute_stats, passes)
        report = MinuteReport(
            minute_stats, passes, self._spool.figures(), health.read(), self._no_subscribers, self._totals
        )
        self.retained_messages.put(
            RetainedMessage(
                "stats", self._topics.stats, stats_message(report), MessageProperties(expiry_s=EXPIRY_S)
            )
        )

    def _put_summaries(self) -> None:
        for length, name, topic in (
            (HOUR_S, "hour", self._topics.hour),
            (DAY_S, "day", self._topics.day),
        ):
            wall = self._wall()
            # Only the latest: an earlier one would be replaced on the same topic at once.
            for start in summaries.ended_since(self._complete_until[length], wall, length, most=1):
                self._put_summary(f"{name} before", topic, start, length)
                self._complete_until[length] = start
            self._put_summary(name, topic, summaries.begin(wall, length), length)

    def _put_summary(self, key: str, topic: str, start: int, length: int) -> None:
        minutes = self._spool.minutes(start, start + length - 1)
        found = summaries.summarise(start, length, minutes, self._wall())
        self.retained_messages.put(RetainedMessage(key, topic, summary_message(found)))
