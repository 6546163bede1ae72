"""Statistics of the pipeline's cycles, minute by minute."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import Protocol

from edge.daemon.service import Service
from edge.daemon.spool_service import SpoolService
from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.system.governor import Governor
from edge.system.local_time import MACHINE, LocalTime
from edge.telemetry.minutes import MinuteAggregator, MinuteQueue, MinuteStats, Sample
from edge.telemetry.records import Minute, minute_of
from edge.types import Blind, Event, Frame

RECENT_EVERY_S = 5.0
"""So often the present minute is told as it is; a shorter one says little."""
_log = logging.getLogger(__name__)


class MinuteStore(Protocol):
    """The part of the spool that counts minutes."""

    def add_minute(self, minute: Minute) -> None:
        """Adds to a minute. Never waits."""

    def set_recent(self, minute_stats: MinuteStats) -> None:
        """Keeps in memory how the present minute goes. Never waits."""


class StatisticsObserver:
    """Counts cycles; finished minutes go to the spool for good, and to the uplink by `minute_queue`."""

    def __init__(
        self, store: MinuteStore, minute_queue: MinuteQueue, slowed: Callable[[], int] = lambda: 0
    ) -> None:
        """`slowed`: by how many steps the device is slowed down now."""
        self.minute_queue = minute_queue
        self._slowed = slowed
        self._store = store
        self._minutes = MinuteAggregator()
        self._recent_at = 0.0

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Counts a cycle."""
        sample = _sample(cycle, self._slowed())
        self._keep(self._minutes.add(sample))
        # Not only later: the times of another recording begin anew.
        if abs(sample.monotonic - self._recent_at) >= RECENT_EVERY_S:
            self._recent_at = sample.monotonic
            self._tell_recent()

    def finish(self) -> None:
        """Keeps what has been counted of the present minute."""
        self._keep(self._minutes.finish())

    def _tell_recent(self) -> None:
        present = self._minutes.present()
        if present is not None and present.watched_s + present.blind_s >= RECENT_EVERY_S / 2:
            self._store.set_recent(present)

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


def _sample(cycle: Cycle, slowed: int) -> Sample:
    moment, analysis = cycle.moment, cycle.analysis
    times = None
    if isinstance(moment, Frame) and analysis is not None:
        times = (analysis.detect_s, analysis.classify_s, moment.age + cycle.total_s)
    if isinstance(moment, Blind):
        return Sample(moment.monotonic, moment.wall, True, None, attempts=moment.attempts)
    return Sample(
        moment.monotonic,
        moment.wall,
        False,
        times,
        obscured=bool(moment.view),
        carried=cycle.carried,
        slowed=slowed,
    )


class PassesToday:
    """How many people passed since midnight, local time."""

    def __init__(self, wall: Callable[[], float] = time.time, local: LocalTime = MACHINE) -> None:
        self._wall = wall
        self._local = local
        self._day = local.day(wall())
        self._count = 0

    def begin(self, minutes: Callable[[int, int], tuple[Minute, ...]]) -> None:
        """Takes over what was counted before this run.

        Args:
            minutes: Gives the minutes that begin from one Unix time to another.

        Raises:
            SpoolError: They cannot be read.
        """
        midnight, _ = self._day
        self._count = sum(
            minute.verdicts.passes for minute in minutes(minute_of(midnight), minute_of(self._wall()))
        )

    def add(self, events: tuple[Event, ...]) -> None:
        """Counts the passes that have their first verdict."""
        self._count = self.count() + sum(event.verdict.revision == 0 for event in events)

    def count(self) -> int:
        """How many there were; none at midnight."""
        if (day := self._local.day(self._wall())) != self._day:
            self._day, self._count = day, 0
        return self._count


class StatisticsService(Service):
    """A `StatisticsObserver` from the opening of the spool to the last minute."""

    _observer: StatisticsObserver
    _today: PassesToday

    def __init__(
        self, spool: SpoolService, minute_queue: MinuteQueue, local: LocalTime, governor: Governor
    ) -> None:
        """`local`: whose midnight begins a day; `governor`: what slows the device down."""
        self._governor = governor
        self._spool = spool
        self._minute_queue = minute_queue
        self._local = local

    def start(self) -> None:
        """Begins to count; passes of today go on from what the spool has."""
        self._observer = StatisticsObserver(
            self._spool.spool, self._minute_queue, lambda: self._governor.step
        )
        self._today = PassesToday(local=self._local)
        try:
            self._today.begin(self._spool.spool.minutes)
        except SpoolError as error:
            _log.warning("the passes of today are counted from now on: %s", error)

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Counts a cycle."""
        self._observer.observe(cycle, events)
        self._today.add(events)

    def status(self) -> str:
        """The passes of the local day."""
        count = self._today.count()
        slowed = ", slowed down by heat or low voltage" if self._governor.step else ""
        return f"{count} pass{'' if count == 1 else 'es'} today{slowed}"

    def stop(self) -> None:
        """Keeps what has been counted of the present minute."""
        self._observer.finish()
