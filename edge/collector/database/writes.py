"""What the collector writes: batches of records, each in one transaction."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from edge.collector.completeness import OPEN
from edge.collector.database.engine import CollectorDatabase
from edge.collector.database.periods import note_life, note_presence, note_sight
from edge.collector.database.tables import client, epoch, event, gap, present, rejected
from edge.collector.records import (
    AvailabilityRecord,
    CameraRecord,
    EpochKey,
    EventRecord,
    GapRecord,
    Heartbeat,
    Record,
    Rejected,
)
from edge.errors import StorageError
from edge.messages.payloads import iso_time
from edge.messages.ranges import Range, merge, ranges_of
from edge.messages.topics import PREFIX

log = logging.getLogger(__name__)

KEPT_REJECTED = 10_000
KEPT_BYTES = 65_536
EVENT_KEY = (event.c.site, event.c.device, event.c.epoch, event.c.sequence)
_DECISION = (event.c.pass_id, event.c.revision, event.c.verdict, event.c.wall_time)
_GAP_KEY = (gap.c.site, gap.c.device, gap.c.epoch, gap.c.id)
_LOSS = (gap.c.first, gap.c.last, gap.c.reason)


class UnfitError(StorageError):
    """A record in the batch can never be stored; nothing of it was."""


@contextmanager
def blaming(what: str) -> Iterator[None]:
    """Blames on records whatever goes wrong while they are written, unless the database itself fails.

    Raises:
        UnfitError: The records cannot be stored, now or later.
    """
    try:
        yield
    except (StorageError, DBAPIError) as error:
        # A value or row that is refused is the record's fault; all else the driver says of the database.
        if not isinstance(error, (DataError, IntegrityError)):
            raise
        raise _unfit(what, error) from None
    except Exception as error:
        raise _unfit(what, error) from None


def _unfit(what: str, error: Exception) -> UnfitError:
    plain = error.orig if isinstance(error, DBAPIError) else error
    return UnfitError(f"the database cannot hold {what}: {' '.join(str(plain).split())[:200]}")


@dataclass(frozen=True, slots=True)
class Clash:
    """A record that contradicts another one, which is stored under its key."""

    record: EventRecord | GapRecord

    def __str__(self) -> str:
        return (
            f"what comes with the id {self.record.id} is not what is stored with it; give every device its "
            "own name, also one of a copied card"
        )

    @property
    def epoch_key(self) -> EpochKey:
        """Whose sequences it is about."""
        return self.record.epoch_key

    @property
    def rejected(self) -> Rejected:
        """It as a message that breaks the rules."""
        record = self.record
        kind = "event" if isinstance(record, EventRecord) else "gap"
        topic = f"{PREFIX}/{record.site}/{record.device}/{kind}"
        return Rejected(topic, repr(record).encode(), str(self), record.received)


@dataclass(frozen=True, slots=True)
class WriteTally:
    """What became of a batch.

    Attributes:
        stored: Events that are new.
        known: Events that had been there.
        rejected: Messages that broke the rules.
        touched: The epochs that something came of, also if it was known.
        clashes: What contradicts something that is stored under its key; counted among the rejected.
    """

    stored: int
    known: int
    rejected: int
    touched: frozenset[EpochKey]
    clashes: tuple[Clash, ...] = ()


class Writes:
    """The writing side of an open database."""

    def __init__(self, database: CollectorDatabase) -> None:
        self._database = database
        self._told: set[EpochKey] = set()

    def store(self, records: Sequence[Record]) -> WriteTally:
        """Stores a batch: all of it, or nothing.

        Raises:
            UnfitError: A record can never be stored.
            StorageError: The database cannot be written now.
        """
        with self._database.writing() as connection, blaming("it"):
            tally = _store(connection, records)
        for clash in tally.clashes:
            self._tell(clash)
        return tally

    def _tell(self, clash: Clash) -> None:
        """Logs the first contradiction of each epoch."""
        if clash.epoch_key not in self._told:
            self._told.add(clash.epoch_key)
            log.warning("%s: %s; each is kept as rejected", clash.epoch_key.place, clash)

    def give_up(self, epoch_key: EpochKey, spans: Iterable[Range], wall: float) -> None:
        """Counts sequences as gone that a device was asked for in vain.

        Raises:
            StorageError: The database cannot be written now.
        """
        with self._database.writing() as connection:
            _store_gaps(connection, [_unanswered(epoch_key, span, wall) for span in spans])

    def note_seen(self, name: str, wall: float) -> None:
        """Notes that a collector is connected.

        Raises:
            StorageError: The database cannot be written now.
        """
        self._upsert_client(name, {"seen": wall})

    def note_filters(self, name: str, filters: Iterable[str]) -> None:
        """Notes what a collector is subscribed to.

        Raises:
            StorageError: The database cannot be written now.
        """
        self._upsert_client(name, {"filters": "\n".join(filters)})

    def _upsert_client(self, name: str, values: dict[str, object]) -> None:
        with self._database.writing() as connection:
            # Each database has an upsert of its own; `writing` lets no other writer in between.
            changed = connection.execute(sa.update(client).where(client.c.name == name).values(values))
            if not changed.rowcount:
                connection.execute(client.insert().values({"name": name, "filters": "", **values}))


def _store(connection: Connection, records: Sequence[Record]) -> WriteTally:
    events = [record for record in records if isinstance(record, EventRecord)]
    gaps = [record for record in records if isinstance(record, GapRecord)]
    new, clashes = _store_events(connection, events)
    clashes += _store_gaps(connection, gaps)
    bad = [record for record in records if isinstance(record, Rejected)]
    bad += [clash.rejected for clash in clashes]
    for record in records:
        if isinstance(record, AvailabilityRecord):
            note_presence(connection, record)
        elif isinstance(record, CameraRecord):
            note_sight(connection, record)
        elif isinstance(record, Heartbeat):
            note_life(connection, record)
    _store_rejected(connection, bad)
    touched = frozenset({record.epoch_key for record in events} | {record.epoch_key for record in gaps})
    clashing = sum(isinstance(clash.record, EventRecord) for clash in clashes)
    return WriteTally(new, len(events) - new - clashing, len(bad), touched, tuple(clashes))


def _store_events(connection: Connection, events: Sequence[EventRecord]) -> tuple[int, list[Clash]]:
    """Stores what is new; what has the key of another event is a clash."""
    # By ids, which other sites may share: SQLite finds no rows of keys by an index.
    wanted = sorted({record.id for record in events})
    rows = connection.execute(sa.select(*EVENT_KEY, *_DECISION).where(event.c.id.in_(wanted)))
    known = {tuple(row[: len(EVENT_KEY)]): tuple(row[len(EVENT_KEY) :]) for row in rows}
    new: list[EventRecord] = []
    clashes: list[Clash] = []
    for record in events:
        decision = _values(record, _DECISION)
        there = known.setdefault(_values(record, EVENT_KEY), decision)
        if there is decision:
            new.append(record)
        elif there != decision:
            clashes.append(Clash(record))
    add_events(connection, new)
    return len(new), clashes


def _values(record: EventRecord | GapRecord, columns: Iterable[sa.Column[Any]]) -> tuple[Any, ...]:
    return tuple(getattr(record, column.name) for column in columns)


def add_events(connection: Connection, new: Iterable[EventRecord]) -> None:
    """Stores events of which none is there, and counts their sequences as present."""
    ordered = sorted(new, key=lambda record: (record.epoch_key, record.sequence))
    if ordered:
        connection.execute(event.insert(), [asdict(record) for record in ordered])
    for epoch_key, records in groupby(ordered, key=lambda record: record.epoch_key):
        sequences = [record.sequence for record in records]
        _extend(connection, epoch_key, ranges_of(sequences), max(sequences))


def _store_gaps(connection: Connection, gaps: Iterable[GapRecord]) -> list[Clash]:
    """Stores what is new; what has the key of a gap of other sequences is a clash."""
    clashes = []
    for record in gaps:
        same = sa.and_(*(column == getattr(record, column.name) for column in _GAP_KEY))
        there = connection.execute(sa.select(*_LOSS).where(same)).first()
        if there is None:
            connection.execute(gap.insert().values(asdict(record)))
            span = Range(record.first, OPEN if record.last is None else record.last)
            _extend(connection, record.epoch_key, (span,), record.last or record.first - 1)
        elif tuple(there) != _values(record, _LOSS):
            clashes.append(Clash(record))
    return clashes


def _unanswered(epoch_key: EpochKey, span: Range, wall: float) -> GapRecord:
    return GapRecord(
        id=f"{epoch_key.place.device}/{epoch_key.name}/unanswered/{span.first}-{span.last}",
        site=epoch_key.place.site,
        device=epoch_key.place.device,
        epoch=epoch_key.name,
        first=span.first,
        last=span.last,
        reason="unanswered",
        wall_time=iso_time(wall),
        received=wall,
    )


def _extend(connection: Connection, epoch_key: EpochKey, spans: Sequence[Range], highest: int) -> None:
    """Adds ranges to those that an epoch has; only what they touch is read and written."""
    _raise_highest(connection, epoch_key, highest)
    first, last = spans[0].first - 1, min(spans[-1].last + 1, OPEN)
    touching = sa.and_(_of(present, epoch_key), present.c.last >= first, present.c.first <= last)
    old = {Range(row.first, row.last) for row in connection.execute(sa.select(present).where(touching))}
    new = set(merge((*old, *spans)))
    for span in old - new:
        connection.execute(sa.delete(present).where(_of(present, epoch_key), present.c.first == span.first))
    if new - old:
        rows = [{**_keys(epoch_key), **asdict(span)} for span in sorted(new - old)]
        connection.execute(present.insert(), rows)


def _raise_highest(connection: Connection, epoch_key: EpochKey, highest: int) -> None:
    found = connection.execute(sa.select(epoch.c.highest).where(_of(epoch, epoch_key))).scalar()
    if found is None:
        connection.execute(epoch.insert().values(**_keys(epoch_key), highest=highest))
    elif highest > found:
        connection.execute(sa.update(epoch).where(_of(epoch, epoch_key)).values(highest=highest))


def _of(table: sa.Table, epoch_key: EpochKey) -> sa.ColumnElement[bool]:
    return sa.and_(*(table.c[key] == value for key, value in _keys(epoch_key).items()))


def _keys(epoch_key: EpochKey) -> dict[str, str]:
    return {"site": epoch_key.place.site, "device": epoch_key.place.device, "epoch": epoch_key.name}


def _store_rejected(connection: Connection, records: Iterable[Rejected]) -> None:
    for record in records:
        digest = hashlib.sha256(record.topic.encode(errors="replace") + b"\0" + record.payload).hexdigest()
        same = rejected.c.digest == digest
        # A faulty device repeats itself: one row counts all of it.
        again = connection.execute(sa.update(rejected).where(same).values(times=rejected.c.times + 1))
        if not again.rowcount:
            kept = {
                "digest": digest,
                "topic": _storable(record.topic),
                "payload": record.payload[:KEPT_BYTES],
                "reason": _storable(record.reason)[:500],
                "received": record.received or time.time(),
                "times": 1,
            }
            connection.execute(rejected.insert().values(kept))
            newest = sa.select(sa.func.max(rejected.c.id)).scalar_subquery()
            connection.execute(sa.delete(rejected).where(rejected.c.id <= newest - KEPT_REJECTED))


def _storable(text: str) -> str:
    """A text of others without what no database holds."""
    return text.replace("\0", "?").encode(errors="replace").decode()
