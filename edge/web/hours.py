"""Counts by hour for all who look: the daemon is asked only for what may have changed."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import asdict

from pydantic import BaseModel

from edge.spool.control.client import SpoolClient
from edge.telemetry.records import HOUR_S, MINUTE_S, Minute, minute_of
from edge.telemetry.summaries import begin, summarise

SETTLED_S = HOUR_S
"""So long after its end an hour does not change any more: who came in it has got the last verdict."""

RECENT_S = WHOLE_EVERY_S = 10 * MINUTE_S
"""Each time so many seconds are read again, and all that is not settled so often."""

FRESH_S = 0.5
"""Who asks within this time of another gets the same answer."""


class PeriodSummary(BaseModel):
    """An hour or a day: passes by verdict, and the seconds watched, blind and off."""

    start: int
    end: int
    complete: bool
    verdicts: dict[str, int]
    compliance: float | None
    watched_s: float
    blind_s: float
    off_s: float


class HourCounts:
    """Keeps the hours that do not change any more: a week of minutes would hold up the daemon each time."""

    def __init__(self, client: SpoolClient, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._settled: dict[int, PeriodSummary] = {}
        self._minutes: dict[int, Minute] = {}
        self._first, self._whole_at = math.inf, -math.inf
        self._wall = -math.inf
        self._last: tuple[float, int, list[PeriodSummary]] = (-math.inf, 0, [])

    def latest(self, hours: int, wall: float) -> list[PeriodSummary]:
        """So many hours before the present one and that one, the oldest first. Waits.

        Args:
            hours: How many before the present one.
            wall: Unix time now.

        Raises:
            SpoolError: They cannot be read.
        """
        with self._lock:
            asked_at, for_hours, found = self._last
            if for_hours == hours and self._monotonic() - asked_at < FRESH_S:
                return found
            found = self._read(hours, wall)
            self._last = self._monotonic(), hours, found
            return found

    def _read(self, hours: int, wall: float) -> list[PeriodSummary]:
        if wall < self._wall:
            # The clock was set back: what was future has come again.
            self._settled.clear()
            self._first = math.inf
        self._wall = wall
        last = begin(wall, HOUR_S)
        starts = range(last - hours * HOUR_S, last + HOUR_S, HOUR_S)
        first = next(start for start in starts if start not in self._settled)
        self._refresh(first, last + HOUR_S - MINUTE_S, wall)
        minutes = by_hour(self._minutes.values())
        read = {start: summary_of(start, minutes[start], wall) for start in starts if start >= first}
        found = [read.get(start) or self._settled[start] for start in starts]
        self._settled |= {start: one for start, one in read.items() if one.end + SETTLED_S <= wall}
        return found

    def _refresh(self, first: int, last: int, wall: float) -> None:
        """Reads the minutes from `first` to `last` that may have changed since they were read."""
        begin_at = first
        if first < self._first or wall - self._whole_at >= WHOLE_EVERY_S:
            self._minutes, self._first, self._whole_at = {}, first, wall
        else:
            begin_at = max(first, minute_of(wall) - int(RECENT_S))
        self._minutes |= {minute.start: minute for minute in self._client.minutes(begin_at, last)}


def by_hour(minutes: Iterable[Minute]) -> defaultdict[int, list[Minute]]:
    """Minutes by the beginning of their hour."""
    found = defaultdict[int, list[Minute]](list)
    for minute in minutes:
        found[begin(minute.start, HOUR_S)].append(minute)
    return found


def summary_of(start: int, minutes: Iterable[Minute], wall: float) -> PeriodSummary:
    """The hour that begins at a Unix time."""
    period = summarise(start, HOUR_S, minutes, wall)
    return PeriodSummary(
        start=period.start,
        end=period.end,
        complete=period.complete,
        verdicts=asdict(period.verdicts),
        compliance=period.verdicts.compliance,
        watched_s=round(period.watched_s, 1),
        blind_s=round(period.blind_s, 1),
        off_s=round(period.off_s, 1),
    )
