"""The passes of a run, gathered from its events, for the commands that sum up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from edge.types import Event


def latest(events: Iterable[Event]) -> dict[str, Event]:
    """The last event of each pass, in the order in which the passes were first decided."""
    return {event.pass_id: event for event in events}


def counts(events: Iterable[Event]) -> dict[str, int]:
    """How many passes ended with each verdict."""
    return dict(Counter(str(event.verdict.outcome) for event in latest(events).values()))
