"""Whether a file is a spool."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from tests.support.builders import limits
from tests.support.spools import other_database


def test_a_text_file_is_no_spool(tmp_path: Path) -> None:
    """A file that is no database is refused and left as it is."""
    file = tmp_path / "notes.txt"
    file.write_text("these are my notes\n" * 100)
    with pytest.raises(SpoolError, match=r"notes\.txt is no spool"):
        Spool.open(file, limits())
    assert file.read_text() == "these are my notes\n" * 100


def test_some_other_database_is_no_spool(tmp_path: Path) -> None:
    """A database of something else is refused, not a byte of it changes, and nothing is made beside it."""
    file = tmp_path / "other.db"
    other_database(file)
    before = file.read_bytes()
    with pytest.raises(SpoolError, match=r"other\.db is some other database"):
        Spool.open(file, limits())
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["other.db"]
