"""Sets of sequences as ranges, and how far an epoch is complete. Pure: no clock, no database."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

OPEN = 2**62
"""Last sequence of a range whose end nobody knows."""


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Sequences from `first` to `last`, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise ValueError(f"sequences count up from 1, not from {self.first} to {self.last}")

    @property
    def count(self) -> int:
        """How many sequences that are."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True)
class Mark:
    """What a consumer has of one epoch.

    Attributes:
        contiguous: All sequences up to this one are there or will never come.
        highest: The highest sequence that is known to exist.
        holes: What is missing below `highest`, in order.
    """

    contiguous: int
    highest: int
    holes: tuple[Span, ...]


def union(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same sequences in as few ranges as possible, in order."""
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and span.first <= merged[-1].last + 1:
            last = max(merged[-1].last, span.last)
            merged[-1] = Span(merged[-1].first, last)
        else:
            merged.append(span)
    return tuple(merged)


def singles(sequences: Iterable[int]) -> tuple[Span, ...]:
    """Single sequences as ranges."""
    return union(Span(sequence, sequence) for sequence in sequences)


def holes(spans: Sequence[Span]) -> tuple[Span, ...]:
    """What lies before and between ranges that `union` has put in order."""
    ends = [0, *(span.last for span in spans)]
    return tuple(
        Span(end + 1, span.first - 1) for end, span in zip(ends, spans, strict=False) if span.first > end + 1
    )


def mark(spans: Sequence[Span], highest: int) -> Mark:
    """How far ranges that `union` has put in order are complete.

    Args:
        spans: Sequences that are stored or announced as gaps.
        highest: The highest sequence that is known to exist; an open range ends there.
    """
    begins = bool(spans) and spans[0].first == 1
    return Mark(min(spans[0].last, highest) if begins else 0, highest, holes(spans))
