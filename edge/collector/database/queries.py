"""What the collector and its reports read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector import completeness
from edge.collector.completeness import Completeness
from edge.collector.database.engine import CollectorDatabase
from edge.collector.database.periods import LIFE
from edge.collector.database.tables import client, epoch, event, gap, period, present, rejected
from edge.collector.records import EpochKey
from edge.messages.ranges import Range
from edge.types import DeviceKey

RESERVE = "restart"
"""The reason of a gap of numbers that were in reserve."""

_PASS_COLUMNS = ("site", "device", "at", "verdict", "clock_synced", "direction")

FIRST_RANGES = 1_000
"""Ranges of an epoch that are looked at for its mark; more holes than that are asked for in turn."""


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
        with self._database.reading() as connection:
            return _mark(connection, epoch_key)

    def unfinished(self, place: DeviceKey) -> tuple[EpochKey, ...]:
        """The epochs of a device of which something may still come; Raises: StorageError."""
        here = sa.and_(epoch.c.site == place.site, epoch.c.device == place.device)
        with self._database.reading() as connection:
            names = connection.execute(sa.select(epoch.c.epoch).where(here)).scalars().all()
            # PostgreSQL's order of texts depends on its locale.
            epoch_keys = [EpochKey(place, name) for name in sorted(names)]
            return tuple(
                epoch_key
                for epoch_key in epoch_keys
                if epoch_key == epoch_keys[-1] or _mark(connection, epoch_key).holes
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
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(epoch)).all()
            epoch_keys = sorted(EpochKey(DeviceKey(row.site, row.device), row.epoch) for row in rows)
            return tuple(_epoch_status(connection, epoch_key) for epoch_key in epoch_keys)

    def rejected(self) -> int:
        """How many messages broke the rules; Raises: StorageError."""
        with self._database.reading() as connection:
            return int(
                connection.execute(sa.select(sa.func.coalesce(sa.func.sum(rejected.c.times), 0))).scalar_one()
            )


def _mark(connection: Connection, epoch_key: EpochKey, limit: int | None = FIRST_RANGES) -> Completeness:
    query = sa.select(present.c.first, present.c.last).where(_of(present, epoch_key))
    rows = connection.execute(query.order_by(present.c.first).limit(limit)).all()
    highest = connection.execute(sa.select(epoch.c.highest).where(_of(epoch, epoch_key))).scalar()
    return completeness.completeness_of([Range(row.first, row.last) for row in rows], highest or 0)


def _epoch_status(connection: Connection, epoch_key: EpochKey) -> EpochStatus:
    counted = sa.select(sa.func.count()).select_from(event).where(_of(event, epoch_key))
    events = connection.execute(counted).scalar_one()
    length = sa.func.coalesce(sa.func.sum(gap.c.last - gap.c.first + 1), 0)
    restarts = sa.select(length).where(_of(gap, epoch_key), gap.c.reason == RESERVE)
    reserved = int(connection.execute(restarts).scalar_one())
    mark = _mark(connection, epoch_key, None)
    missing = sum(len(span) for span in mark.holes)
    return EpochStatus(epoch_key, mark, events, max(mark.highest - events - missing - reserved, 0), reserved)


def _of(table: sa.Table, epoch_key: EpochKey) -> sa.ColumnElement[bool]:
    place = epoch_key.place
    return sa.and_(
        table.c.site == place.site, table.c.device == place.device, table.c.epoch == epoch_key.name
    )


def _within(table: sa.Table, part: ReportFilter) -> list[sa.ColumnElement[bool]]:
    wanted: list[sa.ColumnElement[bool]] = []
    if part.sites:
        wanted.append(table.c.site.in_(part.sites))
    if part.devices:
        wanted.append(table.c.device.in_(part.devices))
    return wanted
