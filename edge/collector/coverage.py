"""Until when a collector has received everything, and how much that was."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

from edge.collector.ingest import IngestTotals

CAUGHT_UP_S = 1.0
"""Without a message for so long, the broker has sent all that had waited."""
NOTE_S = 10.0
"""Between two times at which it is written down that the collector is there."""
LOG_S = 60.0

log = logging.getLogger(__name__)


class Coverage:
    """Until when the collector has received everything as it happened.

    After it was away the broker sends what has waited; until that is over nobody can say when it was.
    It is over when nothing has come for a moment, or when an event comes that was decided just now.
    """

    def __init__(self, seen: float | None) -> None:
        self.seen = seen
        self.unsure_since = seen
        self._caught_up = False
        self._caught_up_at = 0.0
        self._note_at = 0.0

    def away(self) -> None:
        """There is a new connection."""
        self.unsure_since, self._caught_up = self.seen, False
        # Before the subscriptions stand, silence proves nothing.
        self._caught_up_at = float("inf")

    def begin(self, now: float) -> None:
        """The subscriptions stand."""
        self._caught_up_at = now + CAUGHT_UP_S
        self._note_at = 0.0

    def received(self, now: float, *, fresh: bool) -> None:
        """A message came; `fresh` where it certainly did not wait."""
        if fresh:
            self._caught_up = True
        # Each message begins the wait anew: the broker may still be sending what had waited.
        elif not self._caught_up:
            self._caught_up_at = now + CAUGHT_UP_S

    def due(self, now: float, wall: float) -> bool:
        """Whether it is time to write down that the collector is there."""
        self._caught_up = self._caught_up or now >= self._caught_up_at
        if not self._caught_up:
            return False
        self.unsure_since, self.seen = None, wall
        if now < self._note_at:
            return False
        self._note_at = now + NOTE_S
        return True


class ThroughputLog:
    """A line of figures a minute, where there is something new."""

    def __init__(self) -> None:
        self._at = time.monotonic()
        self._last = IngestTotals()

    def log(self, totals: IngestTotals) -> None:
        """Logs the figures, where it is time and they are new."""
        if time.monotonic() - self._at < LOG_S:
            return
        self._at = time.monotonic()
        if totals != self._last:
            log.info("%d stored, %d repeated, %d rejected", totals.stored, totals.known, totals.rejected)
            self._last = replace(totals)
