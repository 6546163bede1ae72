"""A spool for the tools: some events are acknowledged, and a configuration is beside it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.spool import ConsumerMark
from tests.support.spools import filled_spool

WALL = 1_700_000_000.0


EVENTS = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool with events 1 to 30, of which 1 to 10 were acknowledged; and a configuration beside it."""
    file = tmp_path / "spool.db"
    with filled_spool(file, EVENTS, 10, WALL) as spool:
        spool.set_mark(ConsumerMark("team", spool.epoch, 8, WALL))
    (tmp_path / "config.toml").write_text(f'[device]\nname = "door"\n[spool]\npath = "{file}"\n')
    return file
