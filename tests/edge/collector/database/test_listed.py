"""Rows of the program as a table."""

from __future__ import annotations

import sqlalchemy as sa

from edge.collector.database import CollectorDatabase
from edge.collector.database.listed import EPOCH, epoch_row, key_of, listed
from edge.collector.database.tables import present
from edge.collector.records import EpochKey
from tests.support.collector_records import DOOR


def test_rows_come_back_as_they_were(database: CollectorDatabase) -> None:
    """Any text and the largest numbers, in both kinds of database."""
    names = ["e1", "1", "null", "\xe9\u95e8", "\U0001f600", "'\"\\", "{}$.[0]", "a\u2028\t\x01\x7f", " "]
    keys = [EpochKey(DOOR, name) for name in names]
    with database.reading() as connection:
        rows = ((*epoch_row(key), 2**62) for key in keys)
        table = listed(connection, rows, *EPOCH, present.c.first)
        found = connection.execute(sa.select(table)).all()
    assert [key_of(row) for row in found] == keys
    assert {row.first for row in found} == {2**62}


def test_no_rows_are_an_empty_table(database: CollectorDatabase) -> None:
    """And no error."""
    with database.reading() as connection:
        assert connection.execute(sa.select(listed(connection, (), *EPOCH))).all() == []
