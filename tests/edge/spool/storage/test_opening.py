"""From a path to an open store."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.storage.schema import FORMAT
from edge.spool.storage.sequences import SequenceReservations
from edge.spool.storage.store import RESERVE
from edge.types import Reason
from tests.support.builders import event, limits, verdict
from tests.support.spools import abandon, fill, gaps, sequences


def test_a_new_spool_begins_a_new_epoch(spool: Spool) -> None:
    """A new file has a new epoch, its first run, and no events."""
    assert (spool.run, spool.last_sequence, spool.depth(), spool.state()) == (1, 0, 0, None)


def test_opening_again_continues(path: Path) -> None:
    """The epoch stays, the run counts up, and events and numbers go on where they stopped."""
    with closing(Spool.open(path, limits())) as first:
        fill(first, range(1, 4))
        first.mark_sent([1])
    with closing(Spool.open(path, limits())) as second:
        assert (second.epoch, second.run) == (first.epoch, 2)
        assert (second.last_sequence, second.depth()) == (3, 2)
        assert sequences(second) == [2, 3]


def test_a_newer_format_is_refused(path: Path) -> None:
    """A file that a newer MaskGate wrote is named, and not touched."""
    Spool.open(path, limits()).close()
    with closing(sqlite3.connect(path)) as db:
        db.execute(f"PRAGMA user_version = {FORMAT + 1}")
    with closing(SequenceReservations(path.with_name("spool.db.numbers"))) as numbers:
        known = numbers.read()
        assert known
        numbers.write(replace(known, format=FORMAT + 1))
    before = path.read_bytes()
    with pytest.raises(SpoolError, match=f"format {FORMAT + 1}"):
        Spool.open(path, limits())
    assert path.read_bytes() == before


@pytest.mark.parametrize("place", ["missing/deep/spool.db", "file/spool.db", "directory"])
def test_places_that_cannot_hold_a_spool(tmp_path: Path, place: str) -> None:
    """A missing directory, a file in its place and a directory are refused with a sentence."""
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    with pytest.raises(SpoolError, match=r"cannot be opened for writing.*spool\.path"):
        Spool.open(tmp_path / place, limits())


def test_an_end_without_notice_leaves_a_gap_and_no_number_twice(path: Path, tmp_path: Path) -> None:
    """Numbers that may have been given are left out and announced; a second such end adds to them."""
    with closing(Spool.open(path, limits())) as spool:
        fill(spool, range(1, 6))
        first = abandon(path, tmp_path / "first")
    with closing(Spool.open(first, limits())) as spool:
        assert spool.last_sequence >= 5 + RESERVE // 2
        (gap,) = spool.unsent_gaps(10)
        assert (gap.first, gap.last, gap.reason) == (6, spool.last_sequence, Reason.RESTART)
        assert spool.figures().dropped == 0
        assert spool.problem == ""
        fill(spool, range(spool.last_sequence + 1, spool.last_sequence + 3))
        second = abandon(first, tmp_path / "second")
    with closing(Spool.open(second, limits())) as again:
        assert len(sequences(again)) == 7
        found = again.unsent_gaps(10)
        assert len({gap.number for gap in found}) == len(found) == 2
        assert found[1].first == spool.last_sequence + 3
        assert again.epoch == spool.epoch


def test_an_end_in_good_order_leaves_no_gap(path: Path) -> None:
    """The next run goes on with the next number, and so does one that had nothing to do."""
    for _ in range(2):
        with closing(Spool.open(path, limits())) as spool:
            if spool.run == 1:
                fill(spool, range(1, 6))
    with closing(Spool.open(path, limits())) as spool:
        assert spool.last_sequence == 5
        assert gaps(spool) == []


def test_a_drop_before_an_end_in_good_order_is_no_number_twice(path: Path) -> None:
    """A number that was lost right before the end is announced and not given again."""
    with closing(Spool.open(path, limits())) as spool:
        fill(spool, range(1, 3))
        spool.append(replace(event(3), verdict=replace(verdict(), monotonic=math.nan)))
    with closing(Spool.open(path, limits())) as again:
        assert again.last_sequence == 3
        assert gaps(again) == [(3, 3, Reason.ENCODING)]
