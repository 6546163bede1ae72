"""When to ask a device for what is missing, and when to stop asking. Takes time as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.messages.ranges import Range

ATTEMPTS = 6
"""How often a range is requested while nothing of it comes."""

MAX_RANGES = 100
"""Ranges in one request."""


@dataclass(frozen=True, slots=True)
class _Hole:
    """One missing range: when to request it next, and how often that was done without a result."""

    span: Range
    due: float
    requests: int = 0


class MissingRanges:
    """The missing ranges of one epoch.

    A range is requested once it has been open for `missing_after_s`, then again after twice as long,
    and so on. One of which nothing came after six requests is given up: the device no longer has it,
    or does not listen. Whatever comes of a range begins the counting anew.
    """

    def __init__(self, missing_after_s: float) -> None:
        self._missing_after_s = missing_after_s
        self._holes: tuple[_Hole, ...] = ()
        self._refusals = 0

    def update(self, now: float, spans: Sequence[Range]) -> None:
        """Takes the ranges that are missing by now, in order."""
        known = iter(self._holes)
        earlier = next(known, None)
        found = []
        for span in spans:
            # Both are in order, so one walk finds what belongs together.
            while earlier is not None and earlier.span.last < span.first:
                earlier = next(known, None)
            if earlier is None or not _inside(span, earlier.span):
                found.append(_Hole(span, now + self._missing_after_s))
            elif earlier.span == span:
                found.append(earlier)
            else:
                # Part of it came: the device is at it.
                found.append(_Hole(span, min(earlier.due, now + self._missing_after_s)))
        self._holes = tuple(found)

    def request(self, now: float) -> tuple[Range, ...]:
        """The ranges to request now, at most 100; they count as requested."""
        due = [hole for hole in self._holes if hole.due <= now and hole.requests < ATTEMPTS][:MAX_RANGES]
        requested = {hole.span: self._requested(hole, now) for hole in due}
        self._holes = tuple(requested.get(hole.span, hole) for hole in self._holes)
        return tuple(requested)

    def heed(self, refusals: int) -> None:
        """Where there are more refusals than before no request reached the device: none counts as made."""
        if refusals != self._refusals:
            self._refusals = refusals
            self._holes = tuple(replace(hole, requests=0) for hole in self._holes)

    def given_up(self, now: float) -> tuple[Range, ...]:
        """The ranges that were requested as often as is worth while, without a result."""
        return tuple(hole.span for hole in self._holes if hole.requests >= ATTEMPTS and hole.due <= now)

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to request or to give up; None where nothing is missing."""
        return max(min(hole.due for hole in self._holes) - now, 0.0) if self._holes else None

    def _requested(self, hole: _Hole, now: float) -> _Hole:
        return replace(
            hole, due=now + self._missing_after_s * 2.0 ** (hole.requests + 1), requests=hole.requests + 1
        )


def _inside(span: Range, other: Range) -> bool:
    return other.first <= span.first and span.last <= other.last
