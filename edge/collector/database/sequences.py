"""Which sequences of each epoch are there, as ranges; a batch of many epochs takes a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector import completeness
from edge.collector.completeness import OPEN, Completeness
from edge.collector.database.listed import EPOCH, Row, epoch_row, listed, same_epoch
from edge.collector.database.rows import add_rows, change_rows, remove_rows
from edge.collector.database.tables import epoch, present
from edge.collector.records import EpochKey
from edge.messages.ranges import Range, merge

FIRST_RANGES = 1_000
"""Ranges of an epoch that are looked at for its mark; more holes than that are asked for in turn."""

_EPOCH_NAMES = tuple(column.name for column in EPOCH)
_NUMBER = sa.Column("number", sa.BigInteger)


def add(
    connection: Connection, spans: Mapping[EpochKey, Sequence[Range]], highest: Mapping[EpochKey, int]
) -> None:
    """Adds ranges to those that epochs have; only what they touch is read and written.

    Args:
        connection: With a transaction in which nobody else writes.
        spans: The ranges of each epoch.
        highest: For each of these epochs, the highest sequence that is known to exist.
    """
    # By the number of the epoch in `spans`: keys would take longer than all else here.
    known: list[int | None] = [None] * len(spans)
    touched: list[dict[int, Range]] = [{} for _ in spans]
    for row in _near(connection, spans):
        known[row.number] = row.highest
        if row.first is not None:
            touched[row.number][row.first] = Range(row.first, row.last)
    _raise_highest(connection, highest, dict(zip(spans, known, strict=True)))
    _write_ranges(connection, zip(spans.items(), touched, strict=True))


def _raise_highest(
    connection: Connection, highest: Mapping[EpochKey, int], known: Mapping[EpochKey, int | None]
) -> None:
    new: list[Row] = []
    higher: list[Row] = []
    for epoch_key, number in highest.items():
        reached = known[epoch_key]
        if reached is None:
            new.append((*epoch_row(epoch_key), number))
        elif number > reached:
            higher.append((*epoch_row(epoch_key), number))
    add_rows(connection, epoch, (*_EPOCH_NAMES, "highest"), new)
    change_rows(connection, epoch, _EPOCH_NAMES, ("highest",), higher)


def _write_ranges(
    connection: Connection, epochs: Iterable[tuple[tuple[EpochKey, Sequence[Range]], dict[int, Range]]]
) -> None:
    """Writes what becomes of ranges that are there, by their first number, with what is added to them."""
    gone: list[Row] = []
    grown: list[Row] = []
    new: list[Row] = []
    for (epoch_key, added), old in epochs:
        columns = epoch_row(epoch_key)
        merged = {span.first: span.last for span in merge((*old.values(), *added))}
        for first, last in merged.items():
            if first not in old:
                new.append((*columns, first, last))
            elif old[first].last != last:
                grown.append((*columns, first, last))
        gone += ((*columns, first) for first in old if first not in merged)
    range_key = (*_EPOCH_NAMES, "first")
    remove_rows(connection, present, range_key, gone)
    change_rows(connection, present, range_key, ("last",), grown)
    add_rows(connection, present, (*range_key, "last"), new)


def marks(
    connection: Connection, epoch_keys: Iterable[EpochKey], ranges_each: int | None = FIRST_RANGES
) -> dict[EpochKey, Completeness]:
    """How far epochs are complete; of each so many ranges are looked at, or all."""
    wanted = tuple(dict.fromkeys(epoch_keys))
    highest = [0] * len(wanted)
    ranges: list[list[Range]] = [[] for _ in wanted]
    for row in _ranges(connection, wanted, ranges_each):
        highest[row.number] = row.highest
        if row.first is not None:
            ranges[row.number].append(Range(row.first, row.last))
    return dict(zip(wanted, map(completeness.completeness_of, ranges, highest), strict=True))


def _near(connection: Connection, spans: Mapping[EpochKey, Sequence[Range]]) -> Sequence[Any]:
    """Of each epoch its number in `spans`, its highest sequence, and each range that overlaps or touches.

    These are rows. Null is the highest of an epoch that is not there, and the range where there is none.
    """
    rows = (
        (*epoch_row(key), number, span.first - 1, min(span.last + 1, OPEN))
        for number, (key, added) in enumerate(spans.items())
        for span in added
    )
    near = listed(connection, rows, *EPOCH, _NUMBER, present.c.first, present.c.last)
    before = present.alias("before")
    # Ranges do not overlap: of those that begin earlier only the last can reach so far.
    earlier = sa.select(sa.func.max(before.c.first)).where(
        same_epoch(before, near), before.c.first <= near.c.first
    )
    touching = sa.and_(
        same_epoch(present, near),
        present.c.first >= sa.func.coalesce(earlier.scalar_subquery(), 0),
        present.c.first <= near.c.last,
        present.c.last >= near.c.first,
    )
    there = near.outerjoin(epoch, same_epoch(epoch, near)).outerjoin(present, touching)
    query = sa.select(near.c.number, epoch.c.highest, present.c.first, present.c.last).select_from(there)
    return connection.execute(query).all()


def _ranges(connection: Connection, epoch_keys: Iterable[EpochKey], each: int | None) -> Sequence[Any]:
    """Of each epoch its place in `epoch_keys`, its highest sequence and its first ranges, in order.

    These are rows. The range is null where there is none.
    """
    rows = ((*epoch_row(key), number) for number, key in enumerate(epoch_keys))
    wanted = listed(connection, rows, *EPOCH, _NUMBER)
    same = same_epoch(present, epoch)
    if each is not None:
        early = present.alias("early")
        beyond = sa.select(early.c.first).where(same_epoch(early, epoch)).order_by(early.c.first)
        until = sa.func.coalesce(beyond.offset(each).limit(1).scalar_subquery(), OPEN + 1)
        same = sa.and_(same, present.c.first < until)
    there = wanted.join(epoch, same_epoch(epoch, wanted)).outerjoin(present, same)
    query = sa.select(wanted.c.number, epoch.c.highest, present.c.first, present.c.last).select_from(there)
    return connection.execute(query.order_by(present.c.first)).all()
