"""What the database keeps, in SQLite and in PostgreSQL."""

from __future__ import annotations

import random
import sqlite3
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.collector.completeness import Completeness
from edge.collector.database import CollectorDatabase, Queries, UnfitError, Writes, open_database, tables
from edge.collector.database.queries import ReportFilter
from edge.collector.records import EpochKey, Heartbeat, Record
from edge.errors import ConfigError, MaskGateError, StorageError
from edge.messages import payloads
from edge.messages.ranges import Range
from edge.types import Outcome
from tests.support.collector_records import (
    DOOR,
    NOON,
    analysis,
    event_record,
    gap_record,
    made,
    presence,
    read,
    rejected,
)

E1 = EpochKey(DOOR, "e1")


@pytest.fixture
def writing(database: CollectorDatabase) -> Writes:
    return Writes(database)


@pytest.fixture
def reading(database: CollectorDatabase) -> Queries:
    return Queries(database)


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


def test_gaps_count_as_present(writing: Writes, reading: Queries) -> None:
    """The mark goes past what was announced as gone, also without an end."""
    writing.store([event_record(1), event_record(5), gap_record(1, 2, 3)])
    assert reading.mark(E1) == Completeness(3, 5, (Range(4, 4),))
    writing.store([gap_record(2, 4, None), gap_record(2, 4, None)])
    assert reading.mark(E1) == Completeness(5, 5, ())
    assert reading.epoch_statuses()[0].gone == 3


def test_what_comes_after_its_gap_is_not_lost(writing: Writes, reading: Queries) -> None:
    """A replay may bring what was announced as gone; numbers in reserve were no events."""
    reserve = replace(gap_record(2, 6, 9), reason="restart")
    writing.store([event_record(1), gap_record(1, 2, 5), reserve, event_record(10)])
    assert (reading.epoch_statuses()[0].gone, reading.epoch_statuses()[0].reserved) == (4, 4)
    writing.store([event_record(3)])
    assert reading.epoch_statuses()[0].gone == 3


def test_what_was_asked_for_in_vain_counts_as_gone(writing: Writes, reading: Queries) -> None:
    """And can still come."""
    writing.store([event_record(4)])
    writing.give_up(E1, [Range(1, 3)], NOON)
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


def test_two_collectors_may_make_the_tables(url: str) -> None:
    """Both start at once on an empty database, and both can work."""
    failures: list[MaskGateError] = []

    def start() -> None:
        try:
            open_database(url, create=True).close()
        except MaskGateError as error:
            failures.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    open_database(url, create=False).close()


def test_the_latest_revision_of_each_pass_counts(writing: Writes, reading: Queries) -> None:
    """Whatever the order in which the revisions came."""
    sent = [payloads.encode(payloads.event_payload(one)) for one in made(40)]
    records = [record for payload in reversed(sent) if (record := read("event", payload)) is not None]
    writing.store(records)
    final = {one.pass_id: one.verdict.outcome.value for one in made(40)}
    assert sorted(found.verdict for found in reading.passes(ReportFilter())) == sorted(final.values())


def test_rejected_messages_are_kept_and_counted(writing: Writes, reading: Queries) -> None:
    """The same message again is one row that was seen twice."""
    writing.store([rejected(), rejected()])
    writing.store([rejected(), event_record(1)])
    assert reading.rejected() == 3
    assert reading.epoch_statuses()[0].events == 1


def test_a_record_that_no_database_holds(writing: Writes, reading: Queries) -> None:
    """Is told apart from a database that is away; nothing of the batch is stored."""
    with pytest.raises(UnfitError):
        writing.store([event_record(1), replace(event_record(2), frames=2**70)])
    assert reading.epoch_statuses() == ()


def spans(reading: Queries, track: str) -> list[tuple[str, float, float | None]]:
    return [
        (one.kind, one.since - NOON, None if one.until is None else one.until - NOON)
        for one in reading.periods(ReportFilter())
        if one.track == track
    ]


def test_a_device_that_came_back_while_nobody_listened(writing: Writes, reading: Queries) -> None:
    """A broker that died told nobody that it was gone; its new `online` says that it was."""
    writing.store([presence(online=True)])
    again = presence(online=True, received=NOON + 600, unsure_since=NOON + 100)
    writing.store([again])
    assert spans(reading, "presence") == [("online", 0, None)]
    writing.store([replace(again, anew=True)])
    assert spans(reading, "presence") == [("online", 0, 100), ("unknown", 100, 600), ("online", 600, None)]


def test_signs_of_life_become_periods(writing: Writes, reading: Queries) -> None:
    """One a minute is one period; three minutes without any end it."""
    for at in (60, 120, 180, 900, 960):
        writing.store([Heartbeat(DOOR, NOON + at)])
    assert spans(reading, "life") == [("alive", 0, 180), ("alive", 840, 960)]


def test_a_sign_of_life_before_and_after_the_collector_was_away(writing: Writes, reading: Queries) -> None:
    """It lived in between; presence says whether it was connected. One that was silent before did not."""
    writing.store([Heartbeat(DOOR, NOON + 60)])
    writing.store([Heartbeat(DOOR, NOON + 7200, NOON + 100)])
    assert spans(reading, "life") == [("alive", 0, 7200)]
    writing.store([Heartbeat(DOOR, NOON + 9000, NOON + 8000)])
    assert spans(reading, "life") == [("alive", 0, 7200), ("alive", 8940, 9000)]


def test_presence_becomes_periods(writing: Writes, reading: Queries) -> None:
    """A repeated word changes nothing; each change ends a period and begins one."""
    for online, at in ((True, 0), (True, 5), (False, 60), (True, 90)):
        writing.store([presence(online=online, received=NOON + at)])
    assert spans(reading, "presence") == [("online", 0, 60), ("offline", 60, 90), ("online", 90, None)]


def test_a_word_that_waited_leaves_the_time_between_unknown(writing: Writes, reading: Queries) -> None:
    """Between the collector's going and its return nobody knows when the device went."""
    writing.store([presence(online=True)])
    writing.store([presence(online=False, received=NOON + 600, unsure_since=NOON + 100)])
    assert spans(reading, "presence") == [("online", 0, 100), ("unknown", 100, 600), ("offline", 600, None)]


def test_blindness_begins_when_the_device_says(writing: Writes, reading: Queries) -> None:
    """By its own clock, unless that contradicts what it said before."""
    writing.store([analysis(blind=False), analysis(blind=True, since=NOON + 30)])
    assert spans(reading, "sight") == [("seeing", 0, 30), ("blind", 30, None)]


def test_a_client_is_remembered(writing: Writes, reading: Queries) -> None:
    """When it was last connected and what it subscribed to."""
    assert reading.seen("one") is None
    writing.note_filters("one", ["a/+", "b"])
    writing.note_seen("one", NOON)
    writing.note_seen("two", NOON + 5)
    assert reading.seen("one") == NOON
    assert reading.seen() == NOON + 5
    assert reading.filters("one") == ("a/+", "b")


# Which databases can be used


def refused(url: str, kind: type[MaskGateError], *words: str, create: bool = True) -> None:
    with pytest.raises(kind) as caught:
        open_database(url, create=create)
    text = str(caught.value)
    assert "\n" not in text
    assert all(word in text for word in words), text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("events.db", "no URL"),
        ("", "no URL"),
        ("mysql://host/name", "mysql is not supported"),
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///x.db?mode=ro", "the file alone"),
        ("postgresql://host:port/name", "no URL"),
    ],
)
def test_a_wrong_url_is_one_sentence(url: str, words: str) -> None:
    """It says what is wrong and shows a right one."""
    refused(url, ConfigError, words, "sqlite:///events.db")


def test_a_directory_that_is_not_there(tmp_path: Path) -> None:
    """Is named, and not made."""
    refused(f"sqlite:///{tmp_path}/none/events.db", StorageError, "no directory", "none")
    assert list(tmp_path.iterdir()) == []


def test_a_report_makes_no_database(tmp_path: Path) -> None:
    """A file that is not there stays so."""
    refused(f"sqlite:///{tmp_path}/events.db", ConfigError, "there is no database", create=False)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"not a database at all, " * 50, b"short"])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """Is left as it is."""
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    refused(f"sqlite:///{path}", ConfigError, "is no database")
    assert path.read_bytes() == content


def test_another_programs_database(tmp_path: Path) -> None:
    """Is left as it is."""
    path = tmp_path / "other.db"
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE event (id INTEGER)")
    before = path.read_bytes()
    refused(f"sqlite:///{path}", ConfigError, "some other program's")
    assert path.read_bytes() == before


def test_an_older_format(file: str, tmp_path: Path) -> None:
    """Is named with both numbers, and left as it is."""
    open_database(file, create=True).close()
    with closing(sqlite3.connect(tmp_path / "events.db")) as other, other:
        other.execute("UPDATE maskgate_collector SET format = 0")
    before = (tmp_path / "events.db").read_bytes()
    refused(file, ConfigError, "format 0", "writes 1")
    assert (tmp_path / "events.db").read_bytes() == before


def test_a_server_that_is_not_there() -> None:
    """Says so in a sentence without the password."""
    with pytest.raises(StorageError) as caught:
        open_database("postgresql://me:secret@127.0.0.1:1/x", create=True)
    assert "127.0.0.1:1" in str(caught.value)
    assert "secret" not in str(caught.value)


def test_a_locked_file_is_an_error_that_passes(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While another program holds the file nothing is stored; afterwards everything is."""
    monkeypatch.setattr("edge.collector.database.engine.LOCK_S", 0.1)
    with closing(open_database(file, create=True)) as database:
        with closing(sqlite3.connect(tmp_path / "events.db", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StorageError, match="locked"):
                Writes(database).store([event_record(1)])
        assert Writes(database).store([event_record(1)]).stored == 1


def test_a_power_cut_takes_nothing_that_was_committed(file: str, tmp_path: Path) -> None:
    """SQLite syncs the file and the end of its journal at every commit, and uses no WAL."""
    with closing(open_database(file, create=True)) as database, database.reading() as connection:
        mode = connection.exec_driver_sql("PRAGMA journal_mode").scalar()
        level = connection.exec_driver_sql("PRAGMA synchronous").scalar()
    assert (mode, level) == ("truncate", 3)
