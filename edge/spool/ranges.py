"""Sets of event numbers as ranges, and what goes first when the spool is full. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto


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


def of(numbers: Iterable[int]) -> tuple[Range, ...]:
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


class Kind(Enum):
    """What a spool can drop, in the order in which it does."""

    ACKNOWLEDGED = auto()
    MINUTES = auto()
    UNSENT = auto()


@dataclass(frozen=True, slots=True)
class Held:
    """How many rows of each kind there are."""

    acknowledged: int
    minutes: int
    unsent: int


@dataclass(frozen=True, slots=True)
class Drop:
    """The oldest `count` rows of a kind are to go."""

    kind: Kind
    count: int


STEP = 16
"""Rows that are dropped before the bytes are measured anew; a page holds about five events."""


def next_drop(held: Held, rows_over: int, bytes_over: int) -> Drop | None:
    """What to drop next: acknowledged events, then minute statistics, then events that nobody has.

    Statistics take no part in the bound of rows, so that they go for want of bytes only.

    Args:
        held: What there is.
        rows_over: Events beyond the bound; 0 or less within it.
        bytes_over: Bytes beyond the bound; 0 or less within it.

    Returns:
        None where the bounds hold or nothing is left.
    """
    if rows_over <= 0 and bytes_over <= 0:
        return None
    wanted = rows_over if rows_over > 0 else STEP
    if held.acknowledged:
        return Drop(Kind.ACKNOWLEDGED, min(wanted, held.acknowledged))
    if bytes_over > 0 and held.minutes:
        return Drop(Kind.MINUTES, min(STEP, held.minutes))
    if held.unsent:
        return Drop(Kind.UNSENT, min(wanted, held.unsent))
    return None
