"""Whose an event is: site, device, epoch and sequence, and nothing less."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database import CollectorDatabase, Queries, Writes, open_database, tables
from edge.collector.database.queries import ReportFilter
from edge.collector.export_file import ExportSource
from edge.collector.load import ExportLoader
from edge.collector.parse import Parser
from edge.collector.records import EpochKey, EventRecord, GapRecord, Rejected
from edge.errors import SourceError
from edge.messages.payloads import encode, event_payload
from edge.messages.ranges import Range
from edge.pipeline.events import EventFactory, EventSource
from edge.types import DeviceKey, Outcome
from tests.support import builders, collector_records
from tests.support.collector_records import NOON

NORTH, SOUTH = DeviceKey("north", "door"), DeviceKey("south", "door")
PARSER = Parser()


def at(place: DeviceKey, kind: str, payload: bytes) -> EventRecord | GapRecord:
    record = PARSER.read(f"maskgate/{place.site}/{place.device}/{kind}", payload, NOON)
    assert isinstance(record, EventRecord | GapRecord), record
    return record


def event(place: DeviceKey, sequence: int, outcome: Outcome = Outcome.COMPLIANT) -> EventRecord | GapRecord:
    return at(place, "event", collector_records.event(sequence, outcome=outcome))


def gap(place: DeviceKey, number: int, first: int, last: int) -> EventRecord | GapRecord:
    return at(place, "gap", collector_records.gap(number, first, last))


def test_two_sites_share_nothing(database: CollectorDatabase) -> None:
    """Same device, epoch, sequences, gaps and passes: each site has all of its own, in reports too."""
    writing, reading = Writes(database), Queries(database)
    tally = writing.store(
        [
            event(NORTH, 1, Outcome.COMPLIANT),
            event(SOUTH, 1, Outcome.NO_MASK),
            gap(NORTH, 1, 2, 3),
            gap(SOUTH, 1, 5, 9),
            event(SOUTH, 2),
        ]
    )
    assert (tally.stored, tally.known, tally.rejected) == (3, 0, 0)
    statuses = {one.epoch_key.place: one for one in reading.epoch_statuses()}
    assert statuses[NORTH].mark.contiguous == 3
    assert statuses[SOUTH].mark.holes == (Range(3, 4),)
    verdicts = sorted((one.place, one.verdict) for one in reading.passes(ReportFilter()))
    assert verdicts == [(NORTH, "compliant"), (SOUTH, "compliant"), (SOUTH, "no_mask")]
    again = writing.store([event(SOUTH, 1, Outcome.NO_MASK), gap(SOUTH, 1, 5, 9)])
    assert (again.stored, again.known, again.rejected) == (0, 1, 0)


def test_a_gap_of_other_sequences_under_a_known_id_is_told(
    database: CollectorDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """It is rejected and not passed over in silence, and the log says so once."""
    writing = Writes(database)
    writing.store([gap(NORTH, 1, 2, 3)])
    tallies = [writing.store([gap(NORTH, 1, 4, number)]) for number in (5, 6)]
    assert [tally.rejected for tally in tallies] == [1, 1]
    assert caplog.text.count("north/door: what comes with the id door/e1/gap/1") == 1
    assert Queries(database).rejected() == 2


def test_another_event_under_a_known_key_is_told(
    database: CollectorDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    """Two devices have one name; within a batch as over several."""
    writing = Writes(database)
    tally = writing.store([event(NORTH, 1), event(NORTH, 1, Outcome.NO_MASK)])
    assert (tally.stored, tally.known, tally.rejected) == (1, 0, 1)
    assert caplog.text.count("copied card") == 1


def test_an_event_of_another_site_than_its_topic_is_rejected() -> None:
    """What it says of itself counts."""
    for kind, payload in (
        ("event", collector_records.event(1, site="south")),
        ("gap", collector_records.gap(1, 1, 2, site="south")),
    ):
        record = PARSER.read(f"maskgate/north/door/{kind}", payload, NOON)
        assert isinstance(record, Rejected)
        assert "names the site 'south' on the topic of 'north'" in record.reason
        assert PARSER.read(f"maskgate/south/door/{kind}", payload, NOON) is not None


def lines(tmp_path: Path, *payloads: bytes) -> list[ExportSource]:
    file = tmp_path / "some.jsonl"
    file.write_bytes(b"".join(payload + b"\n" for payload in payloads))
    return [ExportSource(file)]


def test_an_export_of_a_device_that_has_moved(database: CollectorDatabase, tmp_path: Path) -> None:
    """Each event is stored at the site that it names."""
    files = lines(
        tmp_path,
        collector_records.event(1, site="north"),
        collector_records.event(1, site="south", verdict="no_mask"),
    )
    loaded = ExportLoader("", NOON).store(files, database)
    assert [one.epoch_key for one in loaded] == [EpochKey(NORTH, "e1"), EpochKey(SOUTH, "e1")]


@pytest.mark.parametrize(
    ("site", "payload", "words"),
    [
        ("", collector_records.event(1), "it does not say its site; give"),
        ("south", collector_records.event(1, site="north"), "it is of the site 'north', not 'south'"),
    ],
)
def test_a_site_that_is_missing_or_wrong(
    database: CollectorDatabase, tmp_path: Path, site: str, payload: bytes, words: str
) -> None:
    """Nothing is stored, and the sentence says what to type."""
    with pytest.raises(SourceError, match=words):
        ExportLoader(site, NOON).store(lines(tmp_path, payload), database)


@pytest.fixture
def old(url: str) -> Iterator[str]:
    """A database of format 1 with two events, a gap and a rejected message."""
    with closing(open_database(url, create=True)) as database:
        Writes(database).store([event(NORTH, 1), event(NORTH, 2), gap(NORTH, 1, 3, 4)])
        Writes(database).store([collector_records.rejected()])
        with database.writing() as connection:
            _to_format_1(connection)
    return url


def _to_format_1(connection: Connection) -> None:
    keys = {"event": ("sequence", "event_pass", "event_at"), "gap": ("first",)}
    for name, (_, *indexes) in keys.items():
        for index in indexes:
            connection.exec_driver_sql(f"DROP INDEX {index}")
        table = tables.metadata.tables[name]
        earlier = sa.MetaData()
        columns = [
            sa.Column(column.name, column.type, primary_key=column.name == "id", nullable=column.nullable)
            for column in table.columns
        ]
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {name}_2")
        made = sa.Table(name, earlier, *columns)
        made.create(connection)
        connection.exec_driver_sql(f"INSERT INTO {name} SELECT * FROM {name}_2")
        connection.exec_driver_sql(f"DROP TABLE {name}_2")
    connection.exec_driver_sql("CREATE INDEX event_order ON event (site, device, epoch, sequence)")
    connection.exec_driver_sql("CREATE INDEX event_pass ON event (pass_id, revision)")
    connection.exec_driver_sql("CREATE INDEX event_at ON event (at)")
    connection.execute(sa.update(tables.version).values(format=1))


@pytest.mark.parametrize("create", [True, False])
def test_a_database_of_format_1_is_brought_up_to_date(old: str, create: bool) -> None:
    """All that was in it is there, repetitions are known, and another site may have the same ids."""
    with closing(open_database(old, create=create)) as database:
        writing, reading = Writes(database), Queries(database)
        (status,) = reading.epoch_statuses()
        assert (status.events, status.mark.contiguous, status.gone) == (2, 4, 2)
        assert reading.rejected() == 1
        tally = writing.store([event(NORTH, 1), gap(NORTH, 1, 3, 4), event(SOUTH, 1), gap(SOUTH, 1, 2, 4)])
        assert (tally.stored, tally.known, tally.rejected) == (1, 1, 0)
        with database.reading() as connection:
            inspector = sa.inspect(connection)
            assert set(inspector.get_table_names()) == set(tables.metadata.tables)
            for table in tables.metadata.sorted_tables:
                found = {index["name"] for index in inspector.get_indexes(table.name)}
                assert {index.name for index in table.indexes} <= found
                key = inspector.get_pk_constraint(table.name)["constrained_columns"]
                assert set(key) == {column.name for column in table.primary_key}
    with closing(open_database(old, create=False)) as database:
        assert len(Queries(database).epoch_statuses()) == 2


def test_an_event_says_its_site() -> None:
    """The device's own numbering does."""
    factory = EventFactory(EventSource("door", "e1", "1", "1.0", "north"), 0, lambda: True)
    payload = event_payload(factory.make(builders.verdict()))
    assert json.loads(encode(payload))["site"] == "north"
