"""What the collector writes: batches of records, each in one transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import attrgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DataError, DBAPIError, IntegrityError

from edge.collector.completeness import OPEN
from edge.collector.database import sequences
from edge.collector.database.engine import CollectorDatabase
from edge.collector.database.listed import EPOCH, listed
from edge.collector.database.periods import Word, note
from edge.collector.database.rejected import store_rejected
from edge.collector.database.rows import add_rows
from edge.collector.database.tables import client, event, gap
from edge.collector.records import EpochKey, EventRecord, GapRecord, Record, Rejected
from edge.errors import StorageError
from edge.messages.payloads import iso_time
from edge.messages.ranges import Range, ranges_of
from edge.types import DeviceKey

log = logging.getLogger(__name__)

EVENT_KEY = (event.c.site, event.c.device, event.c.epoch, event.c.sequence)
_DECISION = (event.c.pass_id, event.c.revision, event.c.verdict, event.c.wall_time)
GAP_KEY = (gap.c.site, gap.c.device, gap.c.epoch, gap.c.id)
_LOSS = (gap.c.first, gap.c.last, gap.c.reason)


def _getter(columns: Iterable[sa.Column[Any]]) -> Callable[[object], tuple[Any, ...]]:
    return attrgetter(*(column.name for column in columns))


_event_key_of, _decision_of, _gap_key_of, _loss_of = map(_getter, (EVENT_KEY, _DECISION, GAP_KEY, _LOSS))
_epoch_of = _getter(EPOCH)
_EVENT_NAMES = tuple(event.c.keys())
_event_of = _getter(event.c)


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
        # Without its prefix, which a record does not have.
        topic = f"{record.site}/{record.device}/{kind}"
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

    def give_up(self, spans: Mapping[EpochKey, Iterable[Range]], wall: float) -> None:
        """Counts sequences as gone that devices were asked for in vain.

        Raises:
            StorageError: The database cannot be written now.
        """
        with self._database.writing() as connection:
            gone = [_unanswered(key, span, wall) for key, given_up in spans.items() for span in given_up]
            _store_gaps(connection, gone)

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
    """Stores a batch with a number of statements that does not depend on how many records there are."""
    events = [record for record in records if isinstance(record, EventRecord)]
    gaps = [record for record in records if isinstance(record, GapRecord)]
    new, clashes = _store_events(connection, events)
    clashes += _store_gaps(connection, gaps)
    bad = [record for record in records if isinstance(record, Rejected)]
    bad += [clash.rejected for clash in clashes]
    note(connection, [record for record in records if isinstance(record, Word)])
    if bad:
        store_rejected(connection, bad)
    # Each epoch once: of most devices a batch has several records.
    touched = frozenset(
        EpochKey(DeviceKey(site, device), name)
        for site, device, name in set(map(_epoch_of, (*events, *gaps)))
    )
    clashing = sum(isinstance(clash.record, EventRecord) for clash in clashes)
    return WriteTally(new, len(events) - new - clashing, len(bad), touched, tuple(clashes))


def _store_events(connection: Connection, events: Sequence[EventRecord]) -> tuple[int, list[Clash]]:
    """Stores what is new; what has the key of another event is a clash."""
    # By ids, which other sites may share: SQLite finds no rows of keys by an index.
    ids = {record.id for record in events}
    if not ids:
        return 0, []
    wanted = listed(connection, ((one,) for one in sorted(ids)), event.c.id)
    same = wanted.join(event, event.c.id == wanted.c.id)
    rows = connection.execute(sa.select(*EVENT_KEY, *_DECISION).select_from(same))
    known = {tuple(row[: len(EVENT_KEY)]): tuple(row[len(EVENT_KEY) :]) for row in rows}
    new: list[EventRecord] = []
    clashes: list[Clash] = []
    for record in events:
        decision = _decision_of(record)
        there = known.setdefault(_event_key_of(record), decision)
        if there is decision:
            new.append(record)
        elif there != decision:
            clashes.append(Clash(record))
    add_events(connection, new)
    return len(new), clashes


def add_events(connection: Connection, new: Iterable[EventRecord]) -> None:
    """Stores events of which none is there, and counts their sequences as present."""
    ordered = sorted(new, key=_event_key_of)
    if not ordered:
        return
    add_rows(connection, event, _EVENT_NAMES, map(_event_of, ordered))
    by_epoch = {
        records[0].epoch_key: [record.sequence for record in records]
        for records in (list(same) for _, same in groupby(ordered, key=_epoch_of))
    }
    spans = {key: ranges_of(numbers) for key, numbers in by_epoch.items()}
    sequences.add(connection, spans, {key: numbers[-1] for key, numbers in by_epoch.items()})


def _store_gaps(connection: Connection, gaps: Sequence[GapRecord]) -> list[Clash]:
    """Stores what is new; what has the key of a gap of other sequences is a clash."""
    if not gaps:
        return []
    known = _known_gaps(connection, gaps)
    new: list[GapRecord] = []
    clashes = []
    for record in gaps:
        loss = _loss_of(record)
        there = known.setdefault(_gap_key_of(record), loss)
        if there is loss:
            new.append(record)
        elif there != loss:
            clashes.append(Clash(record))
    if new:
        connection.execute(gap.insert(), [asdict(record) for record in new])
        spans: dict[EpochKey, list[Range]] = {}
        highest: dict[EpochKey, int] = {}
        for record in new:
            key = record.epoch_key
            spans.setdefault(key, []).append(Range(record.first, record.last or OPEN))
            highest[key] = max(highest.get(key, 0), record.last or record.first - 1)
        sequences.add(connection, spans, highest)
    return clashes


def _known_gaps(connection: Connection, gaps: Sequence[GapRecord]) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """What is stored under the keys of gaps."""
    wanted = listed(connection, map(_gap_key_of, gaps), *GAP_KEY)
    same = sa.and_(*(column == wanted.c[column.name] for column in GAP_KEY))
    rows = connection.execute(sa.select(*GAP_KEY, *_LOSS).select_from(wanted.join(gap, same)))
    return {tuple(row[: len(GAP_KEY)]): tuple(row[len(GAP_KEY) :]) for row in rows}


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
