"""The sequences that epochs have, for many epochs at once."""

from __future__ import annotations

import random
from dataclasses import replace

import sqlalchemy as sa

from edge.collector.completeness import Completeness
from edge.collector.database import CollectorDatabase, Queries, Writes
from edge.collector.database.sequences import FIRST_RANGES
from edge.collector.records import (
    AvailabilityRecord,
    CameraRecord,
    EpochKey,
    EventRecord,
    Heartbeat,
    Record,
    Rejected,
)
from edge.messages.ranges import Range
from edge.types import DeviceKey
from tests.support.collector_records import DOOR, NOON, event_record, gap_record

EVENT, GAP = event_record(1), gap_record(1, 3, 4)


def of(place: DeviceKey, sequence: int, epoch: str = "e1") -> EventRecord:
    return replace(
        EVENT, site=place.site, device=place.device, epoch=epoch, sequence=sequence,
        id=f"{place.device}/{epoch}/{sequence}",
    )  # fmt: skip


def places(count: int) -> list[DeviceKey]:
    return [DeviceKey(f"site{number % 3}", f"door{number // 3}") for number in range(count)]


def everything_of(place: DeviceKey, at: float) -> list[Record]:
    """A record of each kind, and events with a hole between them."""
    gap = replace(GAP, site=place.site, device=place.device, id=f"{place.device}/e1/gap/1")
    return [
        AvailabilityRecord(place, at % 2 == 0, at, at - 5.0),
        CameraRecord(place, at % 2 == 0, "", at, at),
        Heartbeat(place, at),
        Rejected("topic", f"{place}{at % 2}".encode(), "bad", at),
        of(place, int(at) + 1), of(place, int(at) + 6), gap,
    ]  # fmt: skip


def test_a_batch_takes_as_many_statements_for_many_devices_as_for_one(
    database: CollectorDatabase, writing: Writes, reading: Queries
) -> None:
    """For records of every kind, new and known; and so does reading the marks."""
    statements: list[str] = []
    sa.event.listen(
        database._engine, "before_cursor_execute", lambda _c, _k, statement, *_: statements.append(statement)
    )

    def taken(count: int, at: float) -> int:
        statements.clear()
        writing.store([record for place in places(count) for record in everything_of(place, at)])
        keys = [EpochKey(place, "e1") for place in places(count)]
        writing.give_up({key: [Range(5, 6)] for key in keys}, NOON)
        assert len(reading.marks(keys)) == count == len(reading.unfinished(places(count)))
        return len(statements)

    # From the second on there are new devices and known ones in a batch.
    counts = [taken(count, at) for count in (2, 6, 60) for at in (0, 1)]
    assert counts[4:] == counts[2:4]
    assert {mark.contiguous for mark in reading.marks([EpochKey(p, "e1") for p in places(60)]).values()} == {
        7
    }


def test_devices_of_one_batch_are_kept_apart(writing: Writes, reading: Queries) -> None:
    """Mixed and in portions, each epoch has its own ranges; a name at two sites is two devices."""
    records = [of(place, n, epoch) for place in places(9) for epoch in ("e1", "e2") for n in (1, 2, 4, 9, 5)]
    random.Random(1).shuffle(records)
    for at in range(0, len(records), 7):
        writing.store(records[at : at + 7])
    keys = [EpochKey(place, epoch) for place in places(9) for epoch in ("e1", "e2")]
    assert set(reading.marks(keys).values()) == {Completeness(2, 9, (Range(3, 3), Range(6, 8)))}
    assert {one.events for one in reading.epoch_statuses()} == {5}
    assert reading.unfinished(places(2)) == tuple(keys[:4])
    assert reading.marks([EpochKey(DOOR, "none")]) == {EpochKey(DOOR, "none"): Completeness(0, 0, ())}


def test_of_an_epoch_full_of_holes_the_first_are_looked_at(writing: Writes, reading: Queries) -> None:
    """Its mark takes no longer than that, and what is known of the others is not cut."""
    full, other = (EpochKey(place, "e1") for place in places(2))
    writing.store([of(full.place, 2 * n) for n in range(1, FIRST_RANGES + 50)])
    writing.store([of(other.place, 1)])
    marks = reading.marks([full, other])
    assert len(marks[full].holes) == FIRST_RANGES
    assert marks[full].highest == 2 * (FIRST_RANGES + 49)
    assert marks[other] == Completeness(1, 1, ())
    assert len(reading.epoch_statuses()[0].mark.holes) == FIRST_RANGES + 49


def test_any_name_of_an_epoch_is_found_again(writing: Writes, reading: Queries) -> None:
    """Names travel to the database as JSON, and come back as they were."""
    names = ["e1", "1", "null", "\xe9\u95e8", "\U0001f600", "'\"\\", "{}$.[0]", "a\u2028b\t\x01\x7f", " "]
    keys = [EpochKey(DOOR, name) for name in names]
    for sequence in (1, 2):
        writing.store([of(DOOR, sequence, name) for name in names])
        writing.store([of(DOOR, sequence, name) for name in names])
    assert reading.marks(keys) == dict.fromkeys(keys, Completeness(2, 2, ()))
    assert len(reading.epoch_statuses()) == len(names)
