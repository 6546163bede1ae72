"""Where collectors store, and what is read from there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, open_database
from edge.collector.records import EpochKey
from tests.support.collector import CollectorProcess
from tests.support.collector_records import DOOR

E1 = EpochKey(DOOR, "e1")


Start = Callable[..., CollectorProcess]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "events.db"


@pytest.fixture
def url(path: Path) -> str:
    return f"sqlite:///{path}"


@pytest.fixture
def process(path: Path) -> Iterator[Start]:
    """Makes collectors, not yet started; all are ended after the test."""
    made: list[CollectorProcess] = []

    def make(port: int, *options: str) -> CollectorProcess:
        made.append(CollectorProcess(port, path, *options))
        return made[-1]

    yield make
    for one in made:
        one.kill()


def mark(url: str, epoch_key: EpochKey = E1) -> Completeness:
    with closing(open_database(url, create=False)) as database:
        return Queries(database).mark(epoch_key)
