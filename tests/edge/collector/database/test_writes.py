"""What the database keeps, in SQLite and in PostgreSQL."""

from __future__ import annotations

import random
import threading
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.collector.completeness import Completeness
from edge.collector.database import CollectorDatabase, Queries, UnfitError, Writes, open_database, tables
from edge.collector.database.queries import ReportFilter
from edge.collector.records import EpochKey, Record
from edge.errors import MaskGateError
from edge.messages.ranges import Range
from edge.types import Outcome
from tests.support.collector_records import DOOR, NOON, event_record, gap_record

E1 = EpochKey(DOOR, "e1")


def test_an_event_is_stored_once(writing: Writes, reading: Queries) -> None:
    """Within a batch, and in one that comes later."""
    first = writing.store([event_record(1), event_record(1), event_record(2)])
    assert (first.stored, first.known) == (2, 1)
    second = writing.store([event_record(2), event_record(3)])
    assert (second.stored, second.known) == (1, 1)
    assert second.touched == {E1}
    assert reading.epoch_statuses()[0].events == 3
    assert reading.mark(E1) == Completeness(3, 3, ())


def test_another_event_under_the_same_id_is_no_repetition(writing: Writes, reading: Queries) -> None:
    """It is kept apart with its reason, and the first one stays."""
    writing.store([event_record(1, outcome=Outcome.COMPLIANT)])
    tally = writing.store([event_record(1, outcome=Outcome.NO_MASK)])
    assert (tally.stored, tally.known, tally.rejected) == (0, 0, 1)
    assert [one.verdict for one in reading.passes(ReportFilter())] == ["compliant"]
    assert reading.rejected() == 1


def test_what_was_asked_for_in_vain_counts_as_gone(writing: Writes, reading: Queries) -> None:
    """And can still come."""
    writing.store([event_record(4)])
    writing.give_up({E1: [Range(1, 3)]}, NOON)
    assert reading.mark(E1).contiguous == 4
    assert writing.store([event_record(2)]).stored == 1
    assert reading.epoch_statuses()[0].events == 2


steps = st.lists(
    st.one_of(
        st.builds(event_record, st.integers(1, 30)),
        st.builds(
            lambda n, a, m: gap_record(n, a, a + m), st.integers(1, 5), st.integers(1, 30), st.integers(0, 6)
        ),
    ),
    max_size=40,
    unique_by=lambda record: record.id,
)


@settings(max_examples=40)
@given(records=steps, seed=st.integers(0, 2**32), size=st.integers(1, 12))
def test_order_portions_and_repetitions_change_nothing(records: list[Record], seed: int, size: int) -> None:
    """However messages come, the same events are stored and the mark is the same."""
    chance = random.Random(seed)
    mixed = [*records, *(record for record in records if chance.random() < 0.5)]
    chance.shuffle(mixed)
    assert _stored([records]) == _stored([mixed[at : at + size] for at in range(0, len(mixed), size)])


def _stored(batches: list[list[Record]]) -> tuple[list[str], Completeness]:
    with closing(_in_memory()) as database:
        for batch in batches:
            Writes(database).store(batch)
        with database.reading() as connection:
            ids = sorted(row.id for row in connection.execute(tables.event.select()))
        return ids, Queries(database).mark(E1)


def _in_memory() -> CollectorDatabase:
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    tables.metadata.create_all(engine)
    return CollectorDatabase(engine)


def test_two_writers_store_each_event_once(url: str) -> None:
    """Two collectors that get the same messages at the same time do not double them, nor lose a range."""
    records = [event_record(number) for number in range(1, 201)]
    open_database(url, create=True).close()
    failures: list[MaskGateError] = []

    def collect(seed: int) -> None:
        mixed = records.copy()
        random.Random(seed).shuffle(mixed)
        with closing(open_database(url, create=True)) as database:
            for at in range(0, 200, 20):
                try:
                    Writes(database).store(mixed[at : at + 20])
                except MaskGateError as error:
                    failures.append(error)

    threads = [threading.Thread(target=collect, args=(seed,)) for seed in (1, 2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with closing(open_database(url, create=False)) as database:
        (epoch_status,) = Queries(database).epoch_statuses()
    assert epoch_status.events == 200
    assert epoch_status.mark == Completeness(200, 200, ())


def test_a_record_that_no_database_holds(writing: Writes, reading: Queries) -> None:
    """Is told apart from a database that is away; nothing of the batch is stored."""
    with pytest.raises(UnfitError):
        writing.store([event_record(1), replace(event_record(2), frames=2**70)])
    assert reading.epoch_statuses() == ()
