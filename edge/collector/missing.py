"""When to ask a device for what is missing, and when to stop asking. Takes time as an argument."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edge.messages.ranges import Range

ATTEMPTS = 6
"""How often a range is asked for while nothing of it comes."""

AT_ONCE = 100
"""Ranges in one request."""


@dataclass(frozen=True, slots=True)
class _Hole:
    """One missing range: when to ask for it next, and how often that was done in vain."""

    span: Range
    due: float
    asked: int = 0


class MissingRanges:
    """The missing ranges of one epoch.

    A range is asked for once it has been open for `patience` seconds, then again after twice as long,
    and so on. One of which nothing came after six requests is hopeless: the device no longer has it,
    or does not listen. Whatever comes of a range begins the counting anew.
    """

    def __init__(self, patience: float) -> None:
        """Args: patience: Seconds, see above."""
        self._patience = patience
        self._holes: tuple[_Hole, ...] = ()

    def update(self, now: float, spans: Sequence[Range]) -> None:
        """Takes the ranges that are missing by now, in order."""
        known = iter(self._holes)
        earlier = next(known, None)
        found = []
        for span in spans:
            while earlier is not None and earlier.span.last < span.first:
                earlier = next(known, None)
            if earlier is None or not _inside(span, earlier.span):
                found.append(_Hole(span, now + self._patience))
            elif earlier.span == span:
                found.append(earlier)
            else:
                # Part of it came: the device is at it.
                found.append(_Hole(span, min(earlier.due, now + self._patience)))
        self._holes = tuple(found)

    def ask(self, now: float) -> tuple[Range, ...]:
        """The ranges to ask for now, at most 100; they count as asked for."""
        due = [hole for hole in self._holes if hole.due <= now and hole.asked < ATTEMPTS][:AT_ONCE]
        asked = {hole.span: self._once_more(hole, now) for hole in due}
        self._holes = tuple(asked.get(hole.span, hole) for hole in self._holes)
        return tuple(asked)

    def refused(self) -> None:
        """What was asked for never reached the device: it counts as not asked."""
        self._holes = tuple(replace(hole, asked=0) for hole in self._holes)

    def hopeless(self, now: float) -> tuple[Range, ...]:
        """The ranges that were asked for in vain as often as is worth while."""
        return tuple(hole.span for hole in self._holes if hole.asked >= ATTEMPTS and hole.due <= now)

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to ask for or to give up; None where nothing is missing."""
        return max(min(hole.due for hole in self._holes) - now, 0.0) if self._holes else None

    def _once_more(self, hole: _Hole, now: float) -> _Hole:
        return replace(hole, due=now + self._patience * 2.0 ** (hole.asked + 1), asked=hole.asked + 1)


def _inside(span: Range, other: Range) -> bool:
    return other.first <= span.first and span.last <= other.last
