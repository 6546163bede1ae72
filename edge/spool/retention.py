"""What goes first when the spool is full. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto


class RowKind(Enum):
    """What a spool can drop, in the order in which it does."""

    ACKNOWLEDGED = auto()
    MINUTES = auto()
    UNSENT = auto()


@dataclass(frozen=True, slots=True)
class RowCounts:
    """How many rows of each kind there are."""

    acknowledged: int
    minutes: int
    unsent: int


@dataclass(frozen=True, slots=True)
class Eviction:
    """The oldest `count` rows of a kind are to go."""

    kind: RowKind
    count: int


STEP = 16
"""Rows that are dropped before the bytes are measured anew; a page holds about five events."""


def next_drop(held: RowCounts, rows_over: int, bytes_over: int) -> Eviction | None:
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
    # Rows are counted; how many bytes a row gives back is known only after it is dropped.
    wanted = rows_over if rows_over > 0 else STEP
    if held.acknowledged:
        return Eviction(RowKind.ACKNOWLEDGED, min(wanted, held.acknowledged))
    if bytes_over > 0 and held.minutes:
        return Eviction(RowKind.MINUTES, min(STEP, held.minutes))
    if held.unsent:
        return Eviction(RowKind.UNSENT, min(wanted, held.unsent))
    return None
