"""Messages that broke the rules are kept once, with how often each came."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa

from edge.collector.database import CollectorDatabase, Queries, Writes, tables
from tests.support.collector_records import rejected


def rows(database: CollectorDatabase) -> list[tuple[bytes, int]]:
    query = sa.select(tables.rejected.c.payload, tables.rejected.c.times).order_by(tables.rejected.c.id)
    with database.reading() as connection:
        return [(bytes(row.payload), row.times) for row in connection.execute(query)]


def test_repetitions_are_counted(database: CollectorDatabase, writing: Writes, reading: Queries) -> None:
    """Within a batch and across batches."""
    one, other = rejected(), replace(rejected(), payload=b"[")
    writing.store([one, other, one])
    writing.store([other, one])
    assert rows(database) == [(b"{", 3), (b"[", 2)]
    assert reading.rejected() == 5


def test_the_oldest_are_dropped(
    database: CollectorDatabase, writing: Writes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that who sends nonsense does not fill the disk."""
    monkeypatch.setattr("edge.collector.database.rejected.KEPT_REJECTED", 3)
    writing.store([replace(rejected(), payload=bytes((number,))) for number in range(10)])
    assert [payload for payload, _ in rows(database)] == [b"\x07", b"\x08", b"\x09"]
