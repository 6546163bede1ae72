"""Epochs, and files of an older format."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from edge.spool import Spool
from edge.spool.storage.schema import new_epoch
from edge.telemetry.records import DirectionCounts
from tests.support.builders import limits
from tests.support.spools import fill, gaps, sequences


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=20))
def test_epochs_sort_by_age(moments: list[int]) -> None:
    """As text, a later epoch comes after an earlier one."""
    epochs = {new_epoch(moment)[:8] for moment in moments}
    assert sorted(epochs) == [new_epoch(moment)[:8] for moment in sorted(set(moments))]


def test_epochs_of_one_second_differ() -> None:
    """Two spools made in the same second have different epochs, but for rare chance."""
    assert len({new_epoch(1_700_000_000) for _ in range(5)}) > 1


WALL = 1_700_000_000.0


def test_an_older_file_is_taken_over(path: Path) -> None:
    """A spool of format 1 keeps its epoch, its numbers, and what it had not sent."""
    path.parent.mkdir()
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            """
            PRAGMA application_id = 0x4D534B47; PRAGMA user_version = 1;
            CREATE TABLE life (epoch TEXT NOT NULL, run INTEGER NOT NULL);
            CREATE TABLE event (sequence INTEGER PRIMARY KEY AUTOINCREMENT, payload BLOB NOT NULL,
                wall REAL NOT NULL, sent_at REAL);
            CREATE INDEX unsent ON event (sequence) WHERE sent_at IS NULL;
            CREATE INDEX sent ON event (sent_at) WHERE sent_at IS NOT NULL;
            INSERT INTO life VALUES ('65550000-abcd', 4);
            INSERT INTO event VALUES (1, x'7b7d', 1.0, 1.7e9), (2, x'7b7d', 2.0, NULL),
                (3, x'7b7d', 2.0, NULL);
            """
        )
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        assert (spool.epoch, spool.run, spool.last_sequence) == ("65550000-abcd", 5, 3)
        assert [(item.position, item.payload) for item in spool.unsent(0, 9)] == [(2, b"{}"), (3, b"{}")]
        assert gaps(spool) == []
        fill(spool, range(4, 6))
        spool.mark_sent([2])
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as again:
        assert sequences(again) == [3, 4, 5]
        assert again.problem == ""


def test_a_file_of_format_3_gets_room_for_directions(path: Path) -> None:
    """The minutes that it has keep their counts."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        fill(spool, range(1, 3))
    with closing(sqlite3.connect(path)) as db, db:
        for column in ("came_in", "went_out", "direction_unknown"):
            db.execute(f"ALTER TABLE minute DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 3")
    path.with_name("spool.db.numbers").unlink()
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as again:
        assert again.problem == ""
        (minute,) = again.minutes(0, int(WALL) + 600)
        assert (minute.verdicts.no_mask, minute.directions) == (1, DirectionCounts())
