"""Damages that are found where SQLite sees none."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.storage.database import SpoolDatabase
from tests.support.builders import limits
from tests.support.damaged_spools import EVENTS, original, overwrite, path, payloads, reopen
from tests.support.spools import sequences

__all__ = ["path"]


def test_a_changed_letter_is_found(path: Path) -> None:
    """SQLite sees nothing wrong with another letter in a payload; the seal does."""
    content = path.read_bytes()
    position = content.index(b"door/e1/42")
    overwrite(path, position, b"d0or")
    with closing(SpoolDatabase(path)) as db:
        db.check()
    with closing(reopen(path)) as spool:
        assert "damaged" in spool.problem
        assert original(42) not in payloads(spool)
        assert len(payloads(spool)) == EVENTS - 21
        assert [(gap.first, gap.last) for gap in spool.unsent_gaps(9)] == [(42, 42)]


@pytest.mark.parametrize(
    ("written", "found"),
    [
        (b"reserved INTEGER", b"reserxed INTEGER"),
        (b"events INTEGER", b"evxnts INTEGER"),
        (b"heard REAL", b"hearx REAL"),
        (b"CREATE TABLE life", b"CREATE TABLE l\xffe"),
        (b"(run INTEGER NOT NULL)", b"(run INTEGER NOT NU\xffL)"),
    ],
)
def test_a_changed_table_is_found(path: Path, written: bytes, found: bytes) -> None:
    """Even where SQLite finds all of it in order: it starts anew, and sends what was not sent."""
    found = found.ljust(len(written))[: len(written)]
    content = path.read_bytes()
    assert content.count(written) == 1
    path.write_bytes(content.replace(written, found))
    with closing(reopen(path)) as spool:
        assert "damaged" in spool.problem
        lost = {n for gap in spool.unsent_gaps(9) for n in range(gap.first, (gap.last or EVENTS) + 1)}
        assert lost | set(sequences(spool)) >= set(range(21, EVENTS + 1))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE gap SET reason = 'spool_fulx'",
        "UPDATE gap SET epoch = 'other'",
        "UPDATE gap SET first = 'x'",
        "UPDATE gap SET epoch = CAST(x'ff' AS TEXT)",
        "UPDATE minute SET watched_s = 'x'",
        "UPDATE epoch SET generation = 7",
        "INSERT INTO dropped VALUES ('nothing', 1)",
        "INSERT INTO mark VALUES ('team', CAST(x'ff' AS TEXT), 1, 1.0)",
    ],
)
def test_a_row_that_cannot_be_read_is_found_at_the_start(path: Path, change: str) -> None:
    """And not by the sender, who would wait for ever for what the spool cannot tell."""
    with closing(reopen(path)) as spool:
        spool.give_up([21])
        spool.flush()
    with closing(sqlite3.connect(path)) as db:
        db.execute(change)
        db.commit()
    with closing(reopen(path)) as spool:
        assert "damaged" in spool.problem
        spool.unsent_gaps(9), spool.marks(), spool.minutes(0, 1 << 40)
        if "generation" not in change:
            assert sequences(spool) == list(range(22, EVENTS + 1))


def test_another_database_is_never_moved(tmp_path: Path) -> None:
    """What nothing marks as a spool stays where it is, damaged or not."""
    for name, content in {"zeros.db": bytes(8192), "text.db": b"notes\n" * 1000}.items():
        file = tmp_path / name
        file.write_bytes(content)
        with pytest.raises(SpoolError, match="no spool of MaskGate"):
            Spool.open(file, limits())
        assert file.read_bytes() == content
    with closing(sqlite3.connect(tmp_path / "other.db")) as db:
        db.execute("CREATE TABLE event (x)")
    for _ in range(2):
        with pytest.raises(SpoolError, match="some other database"):
            Spool.open(tmp_path / "other.db", limits())
