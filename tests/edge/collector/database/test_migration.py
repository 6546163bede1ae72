"""Databases of an older format are brought up to date."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database import Queries, Writes, open_database, tables
from edge.collector.database.queries import ReportFilter
from edge.collector.records import EventRecord
from tests.support import collector_records
from tests.support.collector_identity import NORTH, SOUTH, event, gap


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
            if column.name != "direction"
        ]
        names = ", ".join(column.name for column in columns)
        connection.exec_driver_sql(f"ALTER TABLE {name} RENAME TO {name}_2")
        made = sa.Table(name, earlier, *columns)
        made.create(connection)
        connection.exec_driver_sql(f"INSERT INTO {name} SELECT {names} FROM {name}_2")
        connection.exec_driver_sql(f"DROP TABLE {name}_2")
    connection.exec_driver_sql("CREATE INDEX event_order ON event (site, device, epoch, sequence)")
    connection.exec_driver_sql("CREATE INDEX event_pass ON event (pass_id, revision)")
    connection.exec_driver_sql("CREATE INDEX event_at ON event (at)")
    connection.execute(sa.update(tables.version).values(format=1))


def test_a_database_of_format_2_gets_room_for_directions(url: str) -> None:
    """Events that were there have none, new ones have theirs, and both are counted."""
    with closing(open_database(url, create=True)) as database:
        Writes(database).store([event(NORTH, 1)])
        with database.writing() as connection:
            connection.exec_driver_sql("ALTER TABLE event DROP COLUMN direction")
            connection.execute(sa.update(tables.version).values(format=2))
    came_in = event(NORTH, 2)
    assert isinstance(came_in, EventRecord)
    with closing(open_database(url, create=False)) as database:
        tally = Writes(database).store([event(NORTH, 1), replace(came_in, direction="in")])
        assert (tally.stored, tally.known) == (1, 1)
        assert [row.direction for row in Queries(database).passes(ReportFilter())] == [None, "in"]


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
