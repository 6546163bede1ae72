"""What the collector and its reports read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.completeness import Completeness
from edge.collector.database import sequences
from edge.collector.database.engine import CollectorDatabase
from edge.collector.database.listed import EPOCH, key_of, listed
from edge.collector.database.periods import LIFE
from edge.collector.database.tables import client, epoch, event, gap, period, rejected
from edge.collector.records import EpochKey
from edge.types import DeviceKey

RESERVE = "restart"
"""The reason of a gap of numbers that were in reserve."""

_PASS_COLUMNS = ("site", "device", "at", "verdict", "clock_synced", "direction")


@dataclass(frozen=True, slots=True)
class PassRow:
    """The latest word on one person's pass; `at` is its Unix time."""

    place: DeviceKey
    at: float
    verdict: str
    clock_synced: bool
    direction: str | None = None


@dataclass(frozen=True, slots=True)
class Period:
    """What a device was, from one Unix time to another; `until` is None where it still is."""

    place: DeviceKey
    track: str
    kind: str
    since: float
    until: float | None


@dataclass(frozen=True, slots=True)
class EpochStatus:
    """What is stored of one epoch.

    Attributes:
        events: How many events are there.
        gone: Sequences that were announced as gaps, or given up, and did not come all the same.
        reserved: Sequences that the device had in reserve when it ended; few or none were events.
    """

    epoch_key: EpochKey
    mark: Completeness
    events: int
    gone: int
    reserved: int


@dataclass(frozen=True, slots=True)
class ReportFilter:
    """What a report is asked for: devices (all where empty) and Unix times (`until` not included)."""

    sites: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    since: float | None = None
    until: float | None = None


class Queries:
    """The reading side of an open database."""

    def __init__(self, database: CollectorDatabase) -> None:
        self._database = database

    def mark(self, epoch_key: EpochKey) -> Completeness:
        """How far an epoch is complete; Raises: StorageError."""
        return self.marks((epoch_key,))[epoch_key]

    def marks(self, epoch_keys: Sequence[EpochKey]) -> dict[EpochKey, Completeness]:
        """How far epochs are complete; Raises: StorageError."""
        with self._database.reading() as connection:
            return sequences.marks(connection, epoch_keys)

    def unfinished(self, places: Sequence[DeviceKey]) -> tuple[EpochKey, ...]:
        """The epochs of devices of which something may still come, by device; Raises: StorageError."""
        columns = (epoch.c.site, epoch.c.device)
        rows = ((place.site, place.device) for place in places)
        with self._database.reading() as connection:
            wanted = listed(connection, rows, *columns)
            here = sa.and_(*(column == wanted.c[column.name] for column in columns))
            found = connection.execute(sa.select(epoch).select_from(wanted.join(epoch, here)))
            epochs: dict[DeviceKey, list[EpochKey]] = {place: [] for place in places}
            # PostgreSQL's order of texts depends on its locale.
            for epoch_key in sorted(map(key_of, found)):
                epochs[epoch_key.place].append(epoch_key)
            earlier = [epoch_key for here_all in epochs.values() for epoch_key in here_all[:-1]]
            marks = sequences.marks(connection, earlier) if earlier else {}
        return tuple(
            epoch_key
            for here_all in epochs.values()
            for epoch_key in here_all
            if epoch_key == here_all[-1] or marks[epoch_key].holes
        )

    def seen(self, name: str | None = None) -> float | None:
        """Unix time when a collector, or any, was last connected; Raises: StorageError."""
        query = sa.select(sa.func.max(client.c.seen))
        with self._database.reading() as connection:
            value = connection.execute(query if name is None else query.where(client.c.name == name)).scalar()
        return None if value is None else float(value)

    def filters(self, name: str) -> tuple[str, ...]:
        """What a collector was subscribed to; Raises: StorageError."""
        with self._database.reading() as connection:
            text = connection.execute(sa.select(client.c.filters).where(client.c.name == name)).scalar()
        return tuple((text or "").split())

    def passes(self, part: ReportFilter) -> Iterator[PassRow]:
        """The latest revision of every pass, in order of time; Raises: StorageError."""
        newer = event.alias("newer")
        later = sa.and_(
            newer.c.pass_id == event.c.pass_id,
            newer.c.site == event.c.site,
            newer.c.device == event.c.device,
            sa.or_(
                newer.c.revision > event.c.revision,
                sa.and_(newer.c.revision == event.c.revision, newer.c.sequence > event.c.sequence),
            ),
        )
        query = (
            sa.select(*(event.c[name] for name in _PASS_COLUMNS))
            .where(~sa.exists().where(later), *_within(event, part))
            .order_by(event.c.at)
        )
        if part.since is not None:
            query = query.where(event.c.at >= part.since)
        if part.until is not None:
            query = query.where(event.c.at < part.until)
        with self._database.reading() as connection:
            for row in connection.execute(query):
                place = DeviceKey(row.site, row.device)
                yield PassRow(place, row.at, row.verdict, row.clock_synced, row.direction)

    def periods(self, part: ReportFilter) -> tuple[Period, ...]:
        """All periods that reach into a time, and signs of life before it, in order; Raises: StorageError."""
        query = sa.select(period).where(*_within(period, part)).order_by(period.c.since, period.c.id)
        if part.since is not None:
            reaches = sa.or_(period.c.until.is_(None), period.c.until > part.since)
            # An earlier sign of life shows that the device sends `stats` at all.
            query = query.where(sa.or_(reaches, period.c.track == LIFE))
        if part.until is not None:
            query = query.where(period.c.since < part.until)
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
        return tuple(
            Period(DeviceKey(row.site, row.device), row.track, row.kind, row.since, row.until) for row in rows
        )

    def epoch_statuses(self) -> tuple[EpochStatus, ...]:
        """Every epoch, by device and age; Raises: StorageError."""
        length = sa.func.coalesce(sa.func.sum(gap.c.last - gap.c.first + 1), 0)
        with self._database.reading() as connection:
            epoch_keys = sorted(map(key_of, connection.execute(sa.select(epoch))))
            marks = sequences.marks(connection, epoch_keys, None)
            events = _by_epoch(connection, event, sa.func.count())
            reserved = _by_epoch(connection, gap, length, gap.c.reason == RESERVE)
        return tuple(
            _epoch_status(key, marks[key], events.get(key, 0), reserved.get(key, 0)) for key in epoch_keys
        )

    def rejected(self) -> int:
        """How many messages broke the rules; Raises: StorageError."""
        with self._database.reading() as connection:
            return int(
                connection.execute(sa.select(sa.func.coalesce(sa.func.sum(rejected.c.times), 0))).scalar_one()
            )


def _by_epoch(
    connection: Connection, table: sa.Table, value: sa.ColumnElement[int], *conditions: sa.ColumnElement[bool]
) -> dict[EpochKey, int]:
    """A sum over the rows of each epoch."""
    columns = [table.c[column.name] for column in EPOCH]
    query = sa.select(*columns, value.label("value")).where(*conditions).group_by(*columns)
    return {key_of(row): int(row.value) for row in connection.execute(query)}


def _epoch_status(epoch_key: EpochKey, mark: Completeness, events: int, reserved: int) -> EpochStatus:
    missing = sum(len(span) for span in mark.holes)
    return EpochStatus(epoch_key, mark, events, max(mark.highest - events - missing - reserved, 0), reserved)


def _within(table: sa.Table, part: ReportFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if part.sites:
        wanted.append(table.c.site.in_(part.sites))
    if part.devices:
        wanted.append(table.c.device.in_(part.devices))
    return wanted
