"""What the reservations know that a damaged database does not."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

from tests.support.damaged_spools import EVENTS, epoch_of, overwrite, page_of, path, reopen, zero
from tests.support.spools import abandon, fill, sequences

__all__ = ["path"]


def test_a_log_that_lost_its_end_gives_no_number_twice(path: Path, tmp_path: Path) -> None:
    """SQLite opens such a file without a word as it was before; the reservations know better."""
    with closing(reopen(path)) as spool:
        for first in range(EVENTS + 1, EVENTS + 201, 10):
            fill(spool, range(first, first + 10))
        copy = abandon(path, tmp_path / "copy")
    log = copy.with_name("spool.db-wal")
    with log.open("r+b") as file:
        file.truncate(log.stat().st_size // 3)
    with closing(reopen(copy)) as again:
        there = sequences(again)
        assert there[-1] < EVENTS + 200
        assert again.last_sequence >= EVENTS + 200
        assert again.epoch == spool.epoch
        (gap,) = again.unsent_gaps(10)
        assert (gap.first, gap.last) == (there[-1] + 1, again.last_sequence)
        assert "lost events" in again.problem


def test_without_its_reservations_a_spool_goes_on(path: Path, tmp_path: Path) -> None:
    """A file that lost only these is no damage: the database has what is needed."""
    path.with_name("spool.db.numbers").unlink()
    with closing(reopen(path)) as spool:
        assert (spool.problem, spool.last_sequence, spool.run) == ("", EVENTS, 2)
        fill(spool, range(EVENTS + 1, EVENTS + 3))
        copy = abandon(path, tmp_path / "copy")
    copy.with_name("spool.db.numbers").write_bytes(b"rubbish" * 200)
    with closing(reopen(copy)) as again:
        assert again.last_sequence > EVENTS + 2
        assert again.problem == ""


def test_a_lost_end_is_said_where_nobody_knows_it(path: Path) -> None:
    """With the reservations gone as well, the gap of a damaged spool has no end."""
    before = epoch_of(path)
    path.with_name("spool.db.numbers").unlink()
    overwrite(path, page_of(path, 42), b"\x5a" * 4096)
    with closing(reopen(path)) as spool:
        last = spool.unsent_gaps(100)[-1]
        assert (last.epoch, last.first, last.last) == (before, EVENTS + 1, None)


def test_an_older_copy_put_back_gives_no_number_twice(path: Path, tmp_path: Path) -> None:
    """Of the same epoch: it goes on after what was given since. Of another: that one's loss is announced."""
    shutil.copy(path, tmp_path / "copy.db")
    with closing(reopen(path)) as spool:
        fill(spool, range(EVENTS + 1, EVENTS + 201))
    shutil.copy(tmp_path / "copy.db", path)
    with closing(reopen(path)) as spool:
        assert spool.last_sequence >= EVENTS + 200
        assert "lost events" in spool.problem
    zero(path)
    with closing(reopen(path)) as spool:
        second = spool.epoch
        fill(spool, range(1, 4))
    shutil.copy(tmp_path / "copy.db", path)
    with closing(reopen(path)) as spool:
        assert second in {gap.epoch for gap in spool.unsent_gaps(100)}
        assert second in spool.problem
