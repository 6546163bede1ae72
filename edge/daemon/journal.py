"""What the daemon writes to its log."""

from __future__ import annotations

import logging
import time

from edge.pipeline.pipeline import Cycle
from edge.types import Blind, Event

log = logging.getLogger(__name__)

FIGURES_EVERY_S = 60.0


class JournalObserver:
    """Writes verdicts, blindness and a line of figures a minute to the log."""

    def __init__(self) -> None:
        self._reason = ""
        self._began = time.monotonic()
        self._frames = 0
        self._oldest_s = 0.0
        self._busy_s = 0.0

    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None:
        """Logs what is new in a cycle."""
        for event in events:
            verdict = event.verdict
            log.info("%s %s: %s", event.pass_id, f"revision {verdict.revision}", verdict.outcome)
        self._note_blindness(cycle.moment)
        self._note_figures(cycle)

    def _note_blindness(self, moment: object) -> None:
        reason = moment.reason if isinstance(moment, Blind) else ""
        if reason == self._reason:
            return
        if reason:
            log.warning("blind: %s", reason)
        else:
            log.info("seeing again")
        self._reason = reason

    def _note_figures(self, cycle: Cycle) -> None:
        if not isinstance(cycle.moment, Blind):
            self._frames += 1
            self._oldest_s = max(self._oldest_s, cycle.moment.age)
        self._busy_s += cycle.total_s
        elapsed = time.monotonic() - self._began
        if elapsed >= FIGURES_EVERY_S:
            log.info(
                "%.1f frames/s, oldest frame %.0f ms, busy %.0f %%",
                self._frames / elapsed,
                self._oldest_s * 1000,
                100 * self._busy_s / elapsed,
            )
            self._began, self._frames, self._oldest_s, self._busy_s = time.monotonic(), 0, 0.0, 0.0
