"""Storing many events in one transaction: all of them, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.engine import CollectorDatabase
from edge.collector.database.tables import epoch, event
from edge.collector.database.writes import EVENT_KEY, add_events, blaming
from edge.collector.records import EpochKey, EventRecord

_CONTENT = tuple(column for column in event.c if column not in (event.c.received, event.c.direction))
"""What is compared; a collector of before version 0.2 has stored no directions."""

Add = Callable[[Sequence[EventRecord]], tuple[bool, ...]]
"""Stores some events and says of each whether it is new; see `ClashError`."""


class ClashError(ValueError):
    """An event contradicts what is there; `position` is its place among those that were given."""

    def __init__(self, position: int, reason: str) -> None:
        super().__init__(reason)
        self.position = position


class BulkLoad:
    """Stores events that came by hand."""

    def __init__(self, database: CollectorDatabase) -> None:
        self._database = database

    @contextmanager
    def all_or_nothing(self, *, site_typed: bool = True) -> Iterator[Add]:
        """One transaction; an error of any kind within it leaves the database as it was.

        Args:
            site_typed: Whether somebody has typed the site, which may be wrong, or the events say it.

        Raises:
            UnfitError: An event can never be stored.
            StorageError: The database cannot be written now.
        """
        epoch_keys: set[EpochKey] = set()
        with self._database.writing() as connection:

            def add(records: Sequence[EventRecord]) -> tuple[bool, ...]:
                if site_typed:
                    _check_sites(connection, records, epoch_keys)
                return _add(connection, records)

            yield add


def _check_sites(connection: Connection, records: Sequence[EventRecord], epoch_keys: set[EpochKey]) -> None:
    for position, record in enumerate(records):
        if record.epoch_key not in epoch_keys:
            _check_site(connection, position, record.epoch_key)
            epoch_keys.add(record.epoch_key)


def _add(connection: Connection, records: Sequence[EventRecord]) -> tuple[bool, ...]:
    keys = [tuple(getattr(record, column.name) for column in EVENT_KEY) for record in records]
    wanted = sorted({record.id for record in records})
    rows = connection.execute(sa.select(*_CONTENT).where(event.c.id.in_(wanted))).all()
    known = {(row.site, row.device, row.epoch, row.sequence): tuple(row) for row in rows}
    new: dict[int, EventRecord] = {}
    for position, record in enumerate(records):
        content = tuple(getattr(record, column.name) for column in _CONTENT)
        there = known.setdefault(keys[position], content)
        if there is content:
            new[position] = record
        elif there != content:
            raise ClashError(
                position, f"another event with the id {record.id} is in the database or further up"
            )
    with blaming("an event, and nothing was stored"):
        add_events(connection, new.values())
    return tuple(position in new for position in range(len(records)))


def _check_site(connection: Connection, position: int, epoch_key: EpochKey) -> None:
    """An epoch is one device's, and a device is at one site."""
    same = sa.and_(
        epoch.c.device == epoch_key.place.device,
        epoch.c.epoch == epoch_key.name,
        epoch.c.site != epoch_key.place.site,
    )
    site = connection.execute(sa.select(epoch.c.site).where(same).limit(1)).scalar()
    if site is not None:
        raise ClashError(
            position,
            f"events of {epoch_key.place.device}, epoch {epoch_key.name}, are stored under the site "
            f"{site!r}, not {epoch_key.place.site!r}; check --site",
        )
