"""One statement for many rows, in both kinds of database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from edge.collector.database import CollectorDatabase
from edge.collector.database.rows import execute_rows
from edge.collector.database.tables import client

ADD, NAMES = client.insert(), ("filters", "name", "seen")
SEEN = sa.update(client).where(client.c.name == sa.bindparam("of_name"))


def stored(database: CollectorDatabase) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(client).order_by(client.c.name))]


def test_values_come_to_their_columns(database: CollectorDatabase) -> None:
    """Whatever the order of the names, for what is added and for what is changed."""
    with database.writing() as connection:
        execute_rows(connection, ADD, NAMES, [("a/+", "one", 1.5), ("\xe9", "two", None)])
        execute_rows(connection, SEEN, ("of_name", "seen"), [("two", 2.5)])
    assert stored(database) == [("one", 1.5, "a/+"), ("two", 2.5, "\xe9")]


def test_no_row_is_no_statement(database: CollectorDatabase) -> None:
    """And no row with nothing in it."""
    with database.writing() as connection:
        execute_rows(connection, ADD, NAMES, [])
    assert stored(database) == []


def test_what_the_database_refuses_is_its_own_error(database: CollectorDatabase) -> None:
    """By which the writer tells a bad record from a database that is away."""
    with pytest.raises(IntegrityError), database._engine.begin() as connection:
        execute_rows(connection, ADD, NAMES, [("", "one", 1.0), ("", "one", 2.0)])
