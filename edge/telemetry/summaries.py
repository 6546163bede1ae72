"""Hours and days out of minutes. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from edge.telemetry.records import MINUTE_S, DirectionCounts, Minute, VerdictCounts


@dataclass(frozen=True, slots=True)
class Summary:
    """What happened in an hour or a day, so far or altogether.

    Attributes:
        start: Unix time of its beginning.
        end: Of its end.
        complete: Whether it is over.
        verdicts: Passes that began in it, each by its latest verdict.
        watched_s: Seconds in which the camera gave frames.
        blind_s: Seconds in which it did not.
        off_s: Seconds in which the program did not run, until now.
        directions: The same passes, each by its latest direction.
    """

    start: int
    end: int
    complete: bool
    verdicts: VerdictCounts
    watched_s: float
    blind_s: float
    off_s: float
    directions: DirectionCounts


def summarise(start: int, length: int, minutes: Iterable[Minute], now: float) -> Summary:
    """Sums up the minutes of a period.

    A minute that a clock has counted twice, because it was set back, counts as 60 s at most.

    Args:
        start: Unix time of the period's beginning.
        length: Its seconds.
        minutes: Its minutes; those of other times are left out.
        now: Unix time.
    """
    verdicts, directions, watched, blind = VerdictCounts(), DirectionCounts(), 0.0, 0.0
    for minute in minutes:
        if start <= minute.start < start + length:
            verdicts += minute.verdicts
            directions += minute.directions
            seen, unseen = _within_a_minute(minute.watched_s, minute.blind_s)
            watched += seen
            blind += unseen
    # A clock that was set back may be before the beginning.
    passed = min(max(now - start, 0.0), float(length))
    # Lengths are measured on another clock than `passed`, and may be longer by a moment.
    off = max(passed - watched - blind, 0.0)
    complete = now >= start + length
    return Summary(start, start + length, complete, verdicts, watched, blind, off, directions)


def _within_a_minute(watched: float, blind: float) -> tuple[float, float]:
    whole = watched + blind
    share = min(1.0, MINUTE_S / whole) if whole > 0 else 1.0
    return watched * share, blind * share


def begin(wall: float, length: int) -> int:
    """The beginning of the period in which a Unix time lies."""
    return int(wall // length) * length
