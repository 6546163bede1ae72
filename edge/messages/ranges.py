"""Sets of sequences as ranges. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Range:
    """All numbers from `first` to `last`, both included."""

    first: int
    last: int

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise ValueError(f"a range goes upwards, not from {self.first} to {self.last}")

    def __len__(self) -> int:
        return self.last - self.first + 1


def merge(ranges: Iterable[Range]) -> tuple[Range, ...]:
    """The same numbers in as few ranges as possible, in order."""
    merged: list[Range] = []
    for item in sorted(ranges):
        if merged and item.first <= merged[-1].last + 1:
            merged[-1] = Range(merged[-1].first, max(merged[-1].last, item.last))
        else:
            merged.append(item)
    return tuple(merged)


def ranges_of(numbers: Iterable[int]) -> tuple[Range, ...]:
    """These numbers as ranges."""
    return tuple(_runs(sorted(set(numbers))))


def _runs(numbers: Iterable[int]) -> Iterator[Range]:
    """The runs of numbers that ascend and occur once each."""
    first: int | None = None
    last = 0
    for number in numbers:
        if first is None:
            first = number
        elif number != last + 1:
            yield Range(first, last)
            first = number
        last = number
    if first is not None:
        yield Range(first, last)


def without(whole: Range, taken: Iterable[Range]) -> tuple[Range, ...]:
    """What is left of a range when others are taken out of it."""
    left: list[Range] = []
    begin = whole.first
    # In order and apart, so that `begin` only goes up.
    for item in merge(taken):
        if item.last < begin:
            continue
        if item.first > whole.last:
            break
        if begin < item.first:
            left.append(Range(begin, item.first - 1))
        begin = item.last + 1
    if begin <= whole.last:
        left.append(Range(begin, whole.last))
    return tuple(left)
