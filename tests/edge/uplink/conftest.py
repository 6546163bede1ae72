"""Fixtures of the uplink's tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.spool import Spool
from tests.support.builders import limits


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db", limits())) as opened:
        yield opened
