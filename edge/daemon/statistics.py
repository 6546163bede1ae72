"""Takes the line's turns down, minute by minute, for statistics."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.telemetry.minutes import MinuteAggregator, MinuteStats, Sample
from edge.telemetry.records import Minute
from edge.types import Blind, Frame
from edge.uplink.status import MinuteQueue

_log = logging.getLogger(__name__)


class MinuteStore(Protocol):
    """The part of the spool that counts minutes."""

    def add_minute(self, minute: Minute) -> None:
        """Adds to a minute. Never waits."""


class StatisticsObserver:
    """Counts turns; what it finds goes to the spool for good, and to the sender by `minute_queue`."""

    def __init__(self, books: MinuteStore) -> None:
        self.minute_queue = MinuteQueue()
        self._books = books
        self._minutes = MinuteAggregator()

    def cycle(self, cycle: Cycle) -> None:
        """Takes one turn of the line down; waits for nothing."""
        self._note(self._minutes.add(_look(cycle)))

    def finish(self) -> None:
        """Keeps what has been counted of the present minute."""
        self._note(self._minutes.finish())

    def _note(self, finished: Iterable[MinuteStats]) -> None:
        for minute_stats in finished:
            self.minute_queue.put(minute_stats)
            minute = Minute(
                minute_stats.start,
                frames=minute_stats.frames,
                watched_s=minute_stats.watched_s,
                blind_s=minute_stats.blind_s,
            )
            try:
                self._books.add_minute(minute)
            except SpoolError as error:
                _log.warning("a minute is not counted: %s", error)


def _look(cycle: Cycle) -> Sample:
    moment, analysis = cycle.moment, cycle.analysis
    times = None
    if isinstance(moment, Frame) and analysis is not None:
        times = (analysis.detect_s, analysis.classify_s, moment.age + cycle.total_s)
    return Sample(moment.monotonic, moment.wall, isinstance(moment, Blind), times)
