"""Databases for the collector's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.database import CollectorDatabase, open_database
from tests.support.postgres import Postgres, find_programs


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL; each test makes a database of its own in it."""
    programs = find_programs()
    if programs is None:
        pytest.skip("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    server = Postgres(programs)
    try:
        yield server.start()
    finally:
        server.remove()


@pytest.fixture
def file(tmp_path: Path) -> str:
    """The URL of a SQLite file that is not there yet."""
    return f"sqlite:///{tmp_path}/events.db"


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty database, of each kind in turn."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("file"))
    server: Postgres = request.getfixturevalue("postgres")
    return server.make(f"t{abs(hash(request.node.nodeid))}")


@pytest.fixture
def database(url: str) -> Iterator[CollectorDatabase]:
    """A new database with the collector's tables, of each kind in turn."""
    with closing(open_database(url, create=True)) as opened:
        yield opened
