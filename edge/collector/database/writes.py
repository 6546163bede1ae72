"""What the collector writes: batches of records, each in one transaction."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError

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

KEPT_REJECTED = 10_000
KEPT_BYTES = 65_536
_IDENTITY = (
    event.c.id, event.c.site, event.c.pass_id, event.c.revision, event.c.verdict, event.c.wall_time,
)  # fmt: skip


class UnfitError(StorageError):
    """A record in the batch can never be stored; nothing of it was."""


@dataclass(frozen=True, slots=True)
class WriteTally:
    """What became of a batch.

    Attributes:
        stored: Events that are new.
        known: Events that had been there.
        rejected: Messages that broke the rules.
        touched: The epochs that something came of, also if it was known.
    """

    stored: int
    known: int
    rejected: int
    touched: frozenset[EpochKey]


class Writes:
    """The writing side of an open database."""

    def __init__(self, database: CollectorDatabase) -> None:
        self._database = database

    def store(self, records: Sequence[Record]) -> WriteTally:
        """Stores a batch: all of it, or nothing.

        Raises:
            UnfitError: A record can never be stored.
            StorageError: The database cannot be written now.
        """
        with self._database.writing() as connection:
            try:
                return _store(connection, records)
            except (DataError, OverflowError, UnicodeEncodeError) as error:
                reason = " ".join(str(error).split())[:200]
                raise UnfitError(f"the database cannot hold it: {reason}") from None

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
            changed = connection.execute(sa.update(client).where(client.c.name == name).values(values))
            if not changed.rowcount:
                connection.execute(client.insert().values({"name": name, "filters": "", **values}))


def _store(connection: Connection, records: Sequence[Record]) -> WriteTally:
    events = [record for record in records if isinstance(record, EventRecord)]
    gaps = [record for record in records if isinstance(record, GapRecord)]
    new, clashes = _store_events(connection, events)
    _store_gaps(connection, gaps)
    bad = [record for record in records if isinstance(record, Rejected)] + clashes
    for record in records:
        if isinstance(record, AvailabilityRecord):
            note_presence(connection, record)
        elif isinstance(record, CameraRecord):
            note_sight(connection, record)
        elif isinstance(record, Heartbeat):
            note_life(connection, record)
    _store_rejected(connection, bad)
    touched = frozenset({record.epoch_key for record in events} | {record.epoch_key for record in gaps})
    return WriteTally(new, len(events) - new - len(clashes), len(bad), touched)


def _store_events(connection: Connection, events: Sequence[EventRecord]) -> tuple[int, list[Rejected]]:
    """Stores what is new; what has the id of another event is rejected."""
    wanted = sorted({record.id for record in events})
    known = {
        row.id: tuple(row) for row in connection.execute(sa.select(*_IDENTITY).where(event.c.id.in_(wanted)))
    }
    new: list[EventRecord] = []
    clashes: list[Rejected] = []
    for record in events:
        identity = tuple(getattr(record, column.name) for column in _IDENTITY)
        if known.setdefault(record.id, identity) != identity:
            clashes.append(_clash(record))
        elif known[record.id] is identity:
            new.append(record)
    add_events(connection, new)
    return len(new), clashes


def add_events(connection: Connection, new: Iterable[EventRecord]) -> None:
    """Stores events of which none is there, and counts their sequences as present."""
    ordered = sorted(new, key=lambda record: (record.epoch_key, record.sequence))
    if ordered:
        connection.execute(event.insert(), [asdict(record) for record in ordered])
    for epoch_key, records in groupby(ordered, key=lambda record: record.epoch_key):
        sequences = [record.sequence for record in records]
        _extend(connection, epoch_key, ranges_of(sequences), max(sequences))


def _clash(record: EventRecord) -> Rejected:
    topic = f"maskgate/{record.site}/{record.device}/event"
    return Rejected(topic, repr(record).encode(), "another event has the same id", record.received)


def _store_gaps(connection: Connection, gaps: Iterable[GapRecord]) -> None:
    for record in gaps:
        if connection.execute(sa.select(gap.c.id).where(gap.c.id == record.id)).first() is None:
            connection.execute(gap.insert().values(asdict(record)))
            span = Range(record.first, OPEN if record.last is None else record.last)
            _extend(connection, record.epoch_key, (span,), record.last or record.first - 1)


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
        digest = hashlib.sha256(record.topic.encode() + b"\0" + record.payload).hexdigest()
        same = rejected.c.digest == digest
        again = connection.execute(sa.update(rejected).where(same).values(times=rejected.c.times + 1))
        if not again.rowcount:
            kept = {
                "digest": digest,
                "topic": record.topic.replace("\0", "?"),
                "payload": record.payload[:KEPT_BYTES],
                "reason": record.reason.replace("\0", "?").encode(errors="replace").decode()[:500],
                "received": record.received or time.time(),
                "times": 1,
            }
            connection.execute(rejected.insert().values(kept))
            newest = sa.select(sa.func.max(rejected.c.id)).scalar_subquery()
            connection.execute(sa.delete(rejected).where(rejected.c.id <= newest - KEPT_REJECTED))
