"""All events of some exports or none, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from edge.collector.completeness import Completeness
from edge.collector.database import BulkLoad, ClashError, CollectorDatabase, Queries, UnfitError, Writes
from edge.collector.export_file import ExportSource
from edge.collector.ingest import BATCH
from edge.collector.load import ExportLoader
from edge.collector.records import EpochKey, EventRecord
from edge.errors import SourceError
from edge.messages import payloads
from edge.messages.ranges import Range
from edge.types import Event
from tests.support.collector_records import DOOR, NOON, event_record, gap_record, made, read

E1, E2 = EpochKey(DOOR, "e1"), EpochKey(DOOR, "e2")
MANY = 2 * BATCH + 10


def exported(file: Path, events: Sequence[Event]) -> ExportSource:
    file.write_bytes(b"".join(payloads.encode(payloads.event_payload(one)) + b"\n" for one in events))
    return ExportSource(file)


def add_all(database: CollectorDatabase, *records: EventRecord) -> None:
    """Each as a batch of its own, in one transaction."""
    with BulkLoad(database).all_or_nothing() as add:
        for record in records:
            add([record])


def test_more_than_a_batch_is_one_transaction(database: CollectorDatabase, tmp_path: Path) -> None:
    """What clashes at the very end undoes all that came before it."""
    events = made(MANY)
    differs = replace(events[-1], model_version="2.0")
    bad = exported(tmp_path / "bad", [*events, differs])
    loader, reading = ExportLoader("site", NOON), Queries(database)
    assert loader.check([bad]) == MANY + 1
    with pytest.raises(SourceError, match=rf"line {MANY + 1}: another event with the id door/e1/{MANY}"):
        loader.store([bad], database)
    assert reading.epoch_statuses() == ()
    (loaded,) = loader.store([exported(tmp_path / "good", events)], database)
    assert (loaded.epoch_key, loaded.share.new, loaded.mark) == (E1, MANY, Completeness(MANY, MANY, ()))
    (again,) = loader.store([exported(tmp_path / "good", events)], database)
    assert (again.share.new, again.share.known) == (0, MANY)


def test_what_came_both_ways_is_stored_once(database: CollectorDatabase, tmp_path: Path) -> None:
    """Events that a collector has are known to a load, those of a load to a collector; holes are closed."""
    events = made(9)
    records = [read("event", payloads.encode(payloads.event_payload(one)), NOON - 60) for one in events]
    heard = [record for record in records[:5] if record is not None]
    writing, reading = Writes(database), Queries(database)
    writing.store([*heard, gap_record(1, 8, 8)])
    several = [exported(tmp_path / "1", events[3:6]), exported(tmp_path / "2", events[5:])]
    (loaded,) = ExportLoader("site", NOON).store(several, database)
    assert (loaded.share.new, loaded.share.known, loaded.mark) == (4, 3, Completeness(9, 9, ()))
    tally = writing.store([record for record in records if record is not None])
    assert (tally.stored, tally.known, tally.rejected) == (0, 9, 0)
    (epoch_status,) = reading.epoch_statuses()
    assert (epoch_status.events, epoch_status.gone) == (9, 0)


def test_what_was_given_up_counts_when_it_is_carried(database: CollectorDatabase, tmp_path: Path) -> None:
    """The device did not answer, and its export has it."""
    Writes(database).store([event_record(20)])
    Writes(database).give_up({E1: [Range(1, 19)]}, NOON)
    assert Queries(database).epoch_statuses()[0].gone == 19
    ExportLoader("site", NOON).store([exported(tmp_path / "1", made(19))], database)
    (epoch_status,) = Queries(database).epoch_statuses()
    assert (epoch_status.events, epoch_status.gone) == (20, 0)


def test_several_epochs_are_told_apart(database: CollectorDatabase, tmp_path: Path) -> None:
    """Each has its own mark and its own share of the files."""
    both = [exported(tmp_path / "2", made(2, epoch="e2")[1:]), exported(tmp_path / "1", made(3))]
    first, second = ExportLoader("site", NOON).store(both, database)
    assert (first.epoch_key, first.share.new, first.mark) == (E1, 3, Completeness(3, 3, ()))
    assert (second.epoch_key, second.share.first, second.mark) == (E2, 2, Completeness(0, 2, (Range(1, 1),)))


def test_an_epoch_stays_at_its_site(database: CollectorDatabase) -> None:
    """It is one device's."""
    Writes(database).store([gap_record(1, 1, 2)])
    wrong = replace(event_record(3), site="nowhere")
    with pytest.raises(ClashError, match="under the site 'site', not 'nowhere'"):
        add_all(database, wrong)
    assert [one.epoch_key for one in Queries(database).epoch_statuses()] == [E1]


def test_what_no_database_holds_undoes_the_rest(database: CollectorDatabase) -> None:
    """Should it get past the checks."""
    with pytest.raises(UnfitError, match="nothing was stored"):
        add_all(database, event_record(1), replace(event_record(2), frames=2**70))
    assert Queries(database).epoch_statuses() == ()
