"""A spool for the tools: some events are acknowledged, and a configuration is beside it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from edge.spool import ConsumerMark, Spool
from tests.support.builders import limits
from tests.support.spools import fill

WALL = 1_700_000_000.0


EVENTS = 30


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool with events 1 to 30, of which 1 to 10 were acknowledged; and a configuration beside it."""
    file = tmp_path / "spool.db"
    with closing(Spool.open(file, limits(), wall=lambda: WALL)) as spool:
        fill(spool, range(1, EVENTS + 1))
        spool.mark_sent(range(1, 11))
        spool.set_mark(ConsumerMark("team", spool.epoch, 8, WALL))
    (tmp_path / "config.toml").write_text(f'[device]\nname = "door"\n[spool]\npath = "{file}"\n')
    return file
