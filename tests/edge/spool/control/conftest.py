"""Fixtures of the local sockets' tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.mosquitto import wait_until
from tests.support.spool_links import Joined


@pytest.fixture
def joined(tmp_path: Path) -> Iterator[Joined]:
    with closing(Joined(tmp_path)) as both:
        both.link.start()
        wait_until(lambda: both.link.connected)
        yield both
