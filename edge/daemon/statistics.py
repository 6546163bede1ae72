"""Statistics of the pipeline's cycles, minute by minute."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Protocol

from edge.daemon.service import Service
from edge.daemon.spool_service import SpoolService
from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.telemetry.minutes import MinuteAggregator, MinuteStats, Sample
from edge.telemetry.records import Minute
from edge.types import Blind, Event, Frame
from edge.uplink.status import MinuteQueue

_log = logging.getLogger(__name__)


class MinuteStore(Protocol):
    """The part of the spool that counts minutes."""

    def add_minute(self, minute: Minute) -> None:
        """Adds to a minute. Never waits."""


class StatisticsObserver:
    """Counts cycles; finished minutes go to the spool for good, and to the uplink by `minute_queue`."""

    def __init__(self, store: MinuteStore, minute_queue: MinuteQueue) -> None:
        self.minute_queue = minute_queue
        self._store = store
        self._minutes = MinuteAggregator()

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Counts a cycle."""
        self._keep(self._minutes.add(_sample(cycle)))

    def finish(self) -> None:
        """Keeps what has been counted of the present minute."""
        self._keep(self._minutes.finish())

    def _keep(self, finished: Iterable[MinuteStats]) -> None:
        for minute_stats in finished:
            self.minute_queue.put(minute_stats)
            minute = Minute(
                minute_stats.start,
                frames=minute_stats.frames,
                watched_s=minute_stats.watched_s,
                blind_s=minute_stats.blind_s,
            )
            try:
                self._store.add_minute(minute)
            except SpoolError as error:
                # Statistics must not end the loop that watches.
                _log.warning("a minute is not counted: %s", error)


def _sample(cycle: Cycle) -> Sample:
    moment, analysis = cycle.moment, cycle.analysis
    times = None
    if isinstance(moment, Frame) and analysis is not None:
        times = (analysis.detect_s, analysis.classify_s, moment.age + cycle.total_s)
    return Sample(moment.monotonic, moment.wall, isinstance(moment, Blind), times)


class StatisticsService(Service):
    """A `StatisticsObserver` from the opening of the spool to the last minute."""

    _observer: StatisticsObserver

    def __init__(self, spool: SpoolService, minute_queue: MinuteQueue) -> None:
        self._spool = spool
        self._minute_queue = minute_queue

    def start(self) -> None:
        """Begins to count."""
        self._observer = StatisticsObserver(self._spool.spool, self._minute_queue)

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Counts a cycle."""
        self._observer.observe(cycle, events)

    def stop(self) -> None:
        """Keeps what has been counted of the present minute."""
        self._observer.finish()
