"""The connection to SQLite."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from edge.spool.storage.database import SpoolDatabase


def test_a_power_cut_keeps_what_is_committed(path: Path) -> None:
    """The file uses a write-ahead log that is forced to disk with every commit."""
    path.parent.mkdir()
    with closing(SpoolDatabase(path)) as db:
        pragmas = ("journal_mode", "synchronous", "locking_mode")
        assert [db.one(f"PRAGMA {name}")[0] for name in pragmas] == ["wal", 2, "exclusive"]
