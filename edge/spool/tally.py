"""Counts passes by minute and verdict, each by its latest revision. Pure."""

from __future__ import annotations

from edge.telemetry.records import Counts, Minute, minute_of
from edge.types import Event, Outcome

MOST_PASSES = 1_000
"""Passes that can still be revised; a pass is closed some seconds after its person has gone."""


class Tally:
    """Turns events into what they add to minutes.

    A revision changes the minute in which the pass had its first verdict, so that sums over minutes
    count each pass once. A restart begins new passes.
    """

    def __init__(self) -> None:
        self._passes: dict[str, tuple[int, Outcome]] = {}

    def count(self, event: Event) -> Minute | None:
        """What an event adds; None for a revision of a pass that is forgotten."""
        outcome, known = event.verdict.outcome, self._passes.get(event.pass_id)
        if known is not None:
            start, before = known
            change = Counts.single(outcome) + Counts.single(before, -1)
        elif event.verdict.revision == 0:
            start, change = minute_of(event.verdict.wall), Counts.single(outcome)
        else:
            return None
        self._remember(event.pass_id, start, outcome)
        return Minute(start, change)

    def _remember(self, pass_id: str, start: int, outcome: Outcome) -> None:
        self._passes[pass_id] = (start, outcome)
        if len(self._passes) > MOST_PASSES:
            del self._passes[next(iter(self._passes))]
