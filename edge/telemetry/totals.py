"""Sums since the program began, which only rise: what programs that compute rates want. Pure."""

from __future__ import annotations

from edge.telemetry.minutes import MinuteStats
from edge.telemetry.records import DirectionCounts, Minute, VerdictCounts

REMEMBERED = 24 * 60
"""Minutes whose passes are remembered: a clock that is set back has them told again."""


class Totals:
    """Adds minutes up."""

    def __init__(self) -> None:
        self.frames = 0
        self.watched_s = self.blind_s = 0.0
        self.verdicts = VerdictCounts()
        self.directions = DirectionCounts()
        self._counted: dict[int, Minute] = {}

    def leave_out(self, passes: Minute) -> None:
        """Passes that an earlier run of the program has counted."""
        self._counted[passes.start] = passes

    def add(self, minute_stats: MinuteStats, passes: Minute) -> None:
        """Adds a minute.

        Args:
            minute_stats: Cycles that no call had before.
            passes: All passes of the minute; of one that is told again only the new ones count.
        """
        self.frames += minute_stats.frames
        self.watched_s += minute_stats.watched_s
        self.blind_s += minute_stats.blind_s
        before = self._counted.pop(passes.start, Minute(passes.start))
        self.verdicts += passes.verdicts.beyond(before.verdicts)
        self.directions += passes.directions.beyond(before.directions)
        self._counted[passes.start] = passes
        if len(self._counted) > REMEMBERED:
            del self._counted[next(iter(self._counted))]
