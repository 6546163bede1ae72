"""Events that come by hand: exports of devices are checked as a whole, then stored as a whole."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain

from edge.cli.output import Cell, Columns, table
from edge.collector.completeness import Completeness
from edge.collector.database import BulkLoad, ClashError, CollectorDatabase, Queries
from edge.collector.database.bulk_load import Add
from edge.collector.export_file import ExportLine, ExportSource
from edge.collector.ingest import BATCH
from edge.collector.parse import Parser
from edge.collector.records import EpochKey, EventRecord, Rejected

HEADS = ("site", "device", "epoch", "new", "known", "from", "to", "complete to", "missing")
COLUMNS = Columns("lll", dropped_first=("known", "from", "to"))
SHOWN_HOLES = 5
PASSES = 2
"""How often each file is worked through: it is checked, then stored."""

Progressed = Callable[[int], None]
"""Is told how many bytes have been worked through."""


@dataclass(slots=True)
class LoadedShare:
    """What the files have of one epoch.

    Attributes:
        new: Events that were stored.
        known: Events that were there, or stand in the files twice.
        first: The lowest sequence.
        last: The highest sequence.
    """

    new: int = 0
    known: int = 0
    first: int = 0
    last: int = 0

    def count(self, sequence: int, *, new: bool) -> None:
        """Takes one event."""
        self.first = min(self.first or sequence, sequence)
        self.last = max(self.last, sequence)
        self.new, self.known = self.new + new, self.known + (not new)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was stored of one epoch, and how far the database is complete since."""

    epoch_key: EpochKey
    share: LoadedShare
    mark: Completeness


@dataclass(slots=True)
class ExportLoader:
    """Checks and stores the files.

    Attributes:
        site: Of all events that do not say theirs; empty where all do.
        received: Unix time at which all their events count as received.
        progressed: Hears of every line that is checked and of every line that is stored.
    """

    site: str
    received: float
    progressed: Progressed = lambda _: None
    _parser: Parser = field(default_factory=Parser)

    def check(self, sources: Iterable[ExportSource]) -> int:
        """How many events the files hold.

        Raises:
            SourceError: A file cannot be read, or a line is no event; says which and why.
            StorageError: There is no room for a copy of what can be read only once.
        """
        return sum(1 for _ in self._events(sources))

    def store(self, sources: Iterable[ExportSource], database: CollectorDatabase) -> tuple[Loaded, ...]:
        """Stores all events, each once, in one transaction.

        Raises:
            SourceError: As `check`; or an event contradicts what is stored or what stands further up.
            StorageError: The database cannot be written now.
        """
        shares: dict[EpochKey, LoadedShare] = {}
        with BulkLoad(database).all_or_nothing(site_typed=bool(self.site)) as add:
            for batch in _batches(self._events(sources)):
                for (_, record), new in zip(batch, _added(add, batch), strict=True):
                    share = shares.setdefault(record.epoch_key, LoadedShare())
                    share.count(record.sequence, new=new)
        marks = Queries(database).marks(sorted(shares))
        return tuple(Loaded(epoch_key, shares[epoch_key], mark) for epoch_key, mark in marks.items())

    def _events(self, sources: Iterable[ExportSource]) -> Iterator[tuple[ExportLine, EventRecord]]:
        for line in chain.from_iterable(source.lines() for source in sources):
            record = self._parser.exported(self.site, line.payload, self.received)
            if isinstance(record, Rejected):
                raise line.refusal(record.reason)
            yield line, record
            self.progressed(len(line.payload) + 1)


_Batch = list[tuple[ExportLine, EventRecord]]


def _batches(events: Iterator[tuple[ExportLine, EventRecord]]) -> Iterator[_Batch]:
    batch: _Batch = []
    for one in events:
        batch.append(one)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _added(add: Add, batch: _Batch) -> tuple[bool, ...]:
    try:
        return add([record for _, record in batch])
    except ClashError as error:
        raise batch[error.position][0].refusal(str(error)) from None


def as_json(loaded: Sequence[Loaded]) -> str:
    """For programs."""
    epochs = [_members(one) for one in loaded]
    shares = [one.share for one in loaded]
    totals = {"stored": sum(share.new for share in shares), "known": sum(share.known for share in shares)}
    return json.dumps({**totals, "epochs": epochs}, indent=1)


def as_text(loaded: Sequence[Loaded]) -> str:
    """For people."""
    shares = [one.share for one in loaded]
    new, known = sum(share.new for share in shares), sum(share.known for share in shares)
    sentence = f"{new} events are stored, {known} were known"
    if not loaded:
        return sentence
    return f"{table([HEADS, *map(_cells, loaded)], COLUMNS)}\n{sentence}"


def _members(one: Loaded) -> dict[str, object]:
    return {
        "site": one.epoch_key.place.site,
        "device": one.epoch_key.place.device,
        "epoch": one.epoch_key.name,
        "stored": one.share.new,
        "known": one.share.known,
        "first": one.share.first,
        "last": one.share.last,
        "contiguous": one.mark.contiguous,
        "highest": one.mark.highest,
        "missing": [[span.first, span.last] for span in one.mark.holes],
    }


def _cells(one: Loaded) -> tuple[Cell, ...]:
    share, mark = one.share, one.mark
    holes = [f"{span.first}-{span.last}" for span in mark.holes]
    missing = ", ".join(holes[:SHOWN_HOLES]) + (" …" if len(holes) > SHOWN_HOLES else "")
    numbers = (share.new, share.known, share.first, share.last)
    place = (one.epoch_key.place.site, one.epoch_key.place.device, one.epoch_key.name)
    return (*place, *numbers, f"{mark.contiguous} of {mark.highest}", missing or "nothing")
