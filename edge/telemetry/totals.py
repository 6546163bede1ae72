"""Sums since the program began, which only rise: what programs that compute rates want. Pure."""

from __future__ import annotations

from dataclasses import replace

from edge.telemetry.minutes import MinuteStats
from edge.telemetry.records import Minute

REMEMBERED = 24 * 60
"""Minutes that are remembered: a clock that is set back has them told again."""


class RisingMinutes:
    """Says of each minute by how much it is more than it was before."""

    def __init__(self) -> None:
        self._seen: dict[int, Minute] = {}

    def before(self, start: int) -> Minute:
        """A minute as it was told last."""
        return self._seen.get(start, Minute(start))

    def more(self, minute: Minute) -> Minute:
        """What is new in a minute."""
        before = self.before(minute.start)
        # The one that was told last is the youngest, whatever the clock says.
        self._seen.pop(minute.start, None)
        self._seen[minute.start] = minute
        if len(self._seen) > REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return minute.beyond(before)


class Totals:
    """Adds minutes up; `sums` is how it stands, with the beginning of time for its start."""

    def __init__(self) -> None:
        self.sums = Minute(0)
        self._minutes = RisingMinutes()

    def leave_out(self, passes: Minute) -> None:
        """Passes that an earlier run of the program has counted."""
        self._minutes.more(replace(passes, frames=0, watched_s=0.0, blind_s=0.0))

    def add(self, minute_stats: MinuteStats, passes: Minute) -> None:
        """Adds a minute.

        Args:
            minute_stats: Cycles that no call had before.
            passes: All passes of the minute; of one that is told again only the new ones count.
        """
        before = self._minutes.before(passes.start)
        minute = replace(
            passes,
            frames=before.frames + minute_stats.frames,
            watched_s=before.watched_s + minute_stats.watched_s,
            blind_s=before.blind_s + minute_stats.blind_s,
        )
        self.sums += self._minutes.more(minute)
