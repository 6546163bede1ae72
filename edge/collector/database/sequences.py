"""Which sequences of each epoch are there, as ranges; a batch of many epochs takes a few statements."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector import completeness
from edge.collector.completeness import OPEN, Completeness
from edge.collector.database.listed import EPOCH, epoch_row, key_of, listed, same_epoch
from edge.collector.database.tables import epoch, present
from edge.collector.records import EpochKey
from edge.messages.ranges import Range, merge

FIRST_RANGES = 1_000
"""Ranges of an epoch that are looked at for its mark; more holes than that are asked for in turn."""


def extend(connection: Connection, spans: Mapping[EpochKey, Sequence[Range]]) -> None:
    """Adds ranges to those that epochs have; only what they touch is read and written."""
    touched: dict[EpochKey, dict[int, int]] = {key: {} for key in spans}
    for epoch_key, span in _touched(connection, spans):
        touched[epoch_key][span.first] = span.last
    gone: list[dict[str, object]] = []
    grown: list[dict[str, object]] = []
    new: list[dict[str, object]] = []
    for epoch_key, added in spans.items():
        old = touched[epoch_key]
        there = [Range(first, last) for first, last in old.items()]
        merged = {span.first: span.last for span in merge((*there, *added))}
        for first, last in merged.items():
            if first not in old:
                new.append({**epoch_row(epoch_key), "first": first, "last": last})
            elif old[first] != last:
                grown.append({**_of(epoch_key), "of_first": first, "last": last})
        gone += ({**_of(epoch_key), "of_first": first} for first in old if first not in merged)
    this = (*_in_epoch(present), present.c.first == sa.bindparam("of_first"))
    for statement, rows in (
        (sa.delete(present).where(*this), gone),
        (sa.update(present).where(*this), grown),
        (present.insert(), new),
    ):
        if rows:
            connection.execute(statement, rows)


def raise_highest(connection: Connection, highest: Mapping[EpochKey, int]) -> None:
    """Notes the highest sequences that are known to exist."""
    known = _highest(connection, highest)
    new = [{**epoch_row(key), "highest": number} for key, number in highest.items() if key not in known]
    higher = [
        {**_of(key), "highest": number} for key, number in highest.items() if number > known.get(key, number)
    ]
    if new:
        connection.execute(epoch.insert(), new)
    if higher:
        connection.execute(sa.update(epoch).where(*_in_epoch(epoch)), higher)


def marks(
    connection: Connection, epoch_keys: Iterable[EpochKey], ranges_each: int | None = FIRST_RANGES
) -> dict[EpochKey, Completeness]:
    """How far epochs are complete; of each so many ranges are looked at, or all."""
    wanted = tuple(dict.fromkeys(epoch_keys))
    highest = dict.fromkeys(wanted, 0)
    ranges: dict[EpochKey, list[Range]] = {key: [] for key in wanted}
    for row in _ranges(connection, wanted, ranges_each):
        key = key_of(row)
        highest[key] = row.highest
        if row.first is not None:
            ranges[key].append(Range(row.first, row.last))
    return {key: completeness.completeness_of(ranges[key], highest[key]) for key in wanted}


def _touched(
    connection: Connection, spans: Mapping[EpochKey, Sequence[Range]]
) -> Iterator[tuple[EpochKey, Range]]:
    """The ranges that overlap those given or lie next to them."""
    rows = (
        {**epoch_row(key), "first": span.first - 1, "last": min(span.last + 1, OPEN)}
        for key, added in spans.items()
        for span in added
    )
    near = listed(connection, rows, *EPOCH, present.c.first, present.c.last)
    before = present.alias("before")
    # Ranges do not overlap: of those that begin earlier only the last can reach so far.
    earlier = sa.select(sa.func.max(before.c.first)).where(
        same_epoch(before, near), before.c.first <= near.c.first
    )
    since = sa.func.coalesce(earlier.scalar_subquery(), 0)
    query = sa.select(present).select_from(
        near.join(
            present,
            sa.and_(
                same_epoch(present, near), present.c.first >= since, present.c.first <= near.c.last,
                present.c.last >= near.c.first,
            ),
        )
    )  # fmt: skip
    return ((key_of(row), Range(row.first, row.last)) for row in connection.execute(query).all())


def _highest(connection: Connection, epoch_keys: Iterable[EpochKey]) -> dict[EpochKey, int]:
    wanted = listed(connection, map(epoch_row, epoch_keys), *EPOCH)
    query = sa.select(epoch).select_from(wanted.join(epoch, same_epoch(epoch, wanted)))
    return {key_of(row): row.highest for row in connection.execute(query).all()}


def _ranges(
    connection: Connection, epoch_keys: Iterable[EpochKey], each: int | None
) -> Sequence[sa.Row[Any]]:
    """Epochs with their highest sequences and their first ranges, in order; null where there is no range."""
    wanted = listed(connection, map(epoch_row, epoch_keys), *EPOCH)
    same = same_epoch(present, epoch)
    if each is not None:
        early = present.alias("early")
        beyond = sa.select(early.c.first).where(same_epoch(early, epoch)).order_by(early.c.first)
        until = sa.func.coalesce(beyond.offset(each).limit(1).scalar_subquery(), OPEN + 1)
        same = sa.and_(same, present.c.first < until)
    there = wanted.join(epoch, same_epoch(epoch, wanted)).outerjoin(present, same)
    query = sa.select(epoch, present.c.first, present.c.last).select_from(there)
    return connection.execute(query.order_by(present.c.first)).all()


def _in_epoch(table: sa.Table) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(table.c[column.name] == sa.bindparam(f"of_{column.name}") for column in EPOCH)


def _of(epoch_key: EpochKey) -> dict[str, object]:
    place = epoch_key.place
    return {"of_site": place.site, "of_device": place.device, "of_epoch": epoch_key.name}
