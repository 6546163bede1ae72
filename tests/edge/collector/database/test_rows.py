"""One statement for many rows, in both kinds of database."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from edge.collector.database import CollectorDatabase
from edge.collector.database.rows import add_rows, change_rows, remove_rows
from edge.collector.database.tables import client

NAMES = ("filters", "name", "seen")


def stored(database: CollectorDatabase) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return [tuple(row) for row in connection.execute(sa.select(client).order_by(client.c.name))]


def test_values_come_to_their_columns(database: CollectorDatabase) -> None:
    """Whatever the order of the names, for what is added, changed and removed."""
    with database.writing() as connection:
        given = [("a/+", "one", 1.5), ("\xe9", "two", None), ("", "three", 0.1), ("", "four", None)]
        add_rows(connection, client, NAMES, given)
        change_rows(connection, client, ("name",), ("seen", "filters"), [("two", 2.5, "\u20ac")])
        remove_rows(connection, client, ("name", "filters"), [("three", ""), ("four", "other")])
    assert stored(database) == [("four", None, ""), ("one", 1.5, "a/+"), ("two", 2.5, "\u20ac")]


def test_no_row_is_no_statement(database: CollectorDatabase) -> None:
    """And no row with nothing in it."""
    with database.writing() as connection:
        add_rows(connection, client, NAMES, [])
        change_rows(connection, client, ("name",), ("seen", "filters"), [])
        remove_rows(connection, client, ("name", "filters"), [])
    assert stored(database) == []


def test_what_the_database_refuses_is_its_own_error(database: CollectorDatabase) -> None:
    """By which the writer tells a bad record from a database that is away."""
    with pytest.raises(IntegrityError), database._engine.begin() as connection:
        add_rows(connection, client, NAMES, [("", "one", 1.0), ("", "one", 2.0)])
