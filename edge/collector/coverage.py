"""Until when a collector has heard everything, and how much that was."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from edge.collector.ingest import Totals

CAUGHT_UP_S = 1.0
HEARTBEAT_S = 10.0
METER_S = 60.0

log = logging.getLogger(__name__)


class Coverage:
    """Until when the collector has heard everything as it happened.

    After it was away the broker sends what has waited; until that is over nobody can say when it was.
    It is over when nothing has come for a moment, or when an event comes that was decided just now.
    """

    def __init__(self, seen: float | None) -> None:
        self.seen = seen
        self.unsure_since = seen
        self._caught_up = False
        self._quiet_at = 0.0
        self._beat_at = 0.0

    def away(self) -> None:
        """There is a new connection."""
        self.unsure_since, self._caught_up = self.seen, False
        self._quiet_at = float("inf")

    def begin(self, now: float) -> None:
        """The subscriptions stand."""
        self._quiet_at = now + CAUGHT_UP_S
        self._beat_at = 0.0

    def heard(self, now: float, *, fresh: bool) -> None:
        """A message came; `fresh` where it certainly did not wait."""
        if fresh:
            self._caught_up = True
        elif not self._caught_up:
            self._quiet_at = now + CAUGHT_UP_S

    def due(self, now: float, wall: float) -> bool:
        """Whether it is time to write down that the collector is there."""
        self._caught_up = self._caught_up or now >= self._quiet_at
        if not self._caught_up:
            return False
        self.unsure_since, self.seen = None, wall
        if now < self._beat_at:
            return False
        self._beat_at = now + HEARTBEAT_S
        return True


class ThroughputLog:
    """A line of figures a minute, where there is something new."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._last = Totals()

    def turn(self, totals: Totals) -> None:
        """Looks at the figures."""
        if time.monotonic() - self._at < METER_S:
            return
        self._at = time.monotonic()
        if totals != self._last:
            log.info("%d stored, %d repeated, %d rejected", totals.stored, totals.known, totals.rejected)
            self._last = replace(totals)
