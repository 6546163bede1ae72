"""How far an epoch is complete. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.messages.ranges import Range

# Below the largest BIGINT, so that the number after it fits into a column as well.
OPEN = 2**62
"""Last sequence of a range whose end nobody knows."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a consumer has of one epoch.

    Attributes:
        contiguous: All sequences up to this one are there or will never come.
        highest: The highest sequence that is known to exist.
        holes: What is missing below `highest`, in order.
    """

    contiguous: int
    highest: int
    holes: tuple[Range, ...]


def holes(spans: Sequence[Range]) -> tuple[Range, ...]:
    """What lies before and between ranges that `merge` has put in order."""
    ends = [0, *(span.last for span in spans)]
    return tuple(
        Range(end + 1, span.first - 1) for end, span in zip(ends, spans, strict=False) if span.first > end + 1
    )


def completeness_of(spans: Sequence[Range], highest: int) -> Completeness:
    """How far ranges that `merge` has put in order are complete.

    Args:
        spans: Sequences that are stored or announced as gaps.
        highest: The highest sequence that is known to exist; an open range ends there.
    """
    begins = bool(spans) and spans[0].first == 1
    return Completeness(min(spans[0].last, highest) if begins else 0, highest, holes(spans))
