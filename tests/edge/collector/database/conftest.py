"""Fixtures of the database's tests."""

from __future__ import annotations

import pytest

from edge.collector.database import CollectorDatabase, Queries, Writes


@pytest.fixture
def writing(database: CollectorDatabase) -> Writes:
    return Writes(database)


@pytest.fixture
def reading(database: CollectorDatabase) -> Queries:
    return Queries(database)
