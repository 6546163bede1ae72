"""Fixtures of the spool's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.spool import Spool
from tests.support.builders import limits


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "spool.db"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool.open(path, limits())) as opened:
        yield opened
