"""A spool that is not as it was left: it starts all the same, tells, and never sends what was not written."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.messages.payloads import encode, event_payload
from edge.spool import Spool
from edge.spool.storage import schema
from edge.spool.storage.database import SpoolDatabase
from edge.telemetry.records import DAY_S
from edge.types import Reason
from tests.edge.spool.test_retention import abandon
from tests.edge.spool.test_spool import fill, sequences
from tests.support.builders import event, limits

WALL = 1_700_000_000.0
EVENTS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool in good order, closed, with events 1 to 60, of which 1 to 20 were acknowledged."""
    file = tmp_path / "spool.db"
    with closing(Spool.open(file, limits(), wall=lambda: WALL)) as spool:
        fill(spool, range(1, EVENTS + 1))
        spool.mark_sent(range(1, 21))
    return file


def reopen(path: Path, wall: float = WALL) -> Spool:
    return Spool.open(path, limits(), wall=lambda: wall)


def epoch_of(path: Path) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return str(db.execute("SELECT name FROM epoch ORDER BY generation DESC").fetchone()[0])


def payloads(spool: Spool) -> list[bytes]:
    return [stored.payload for stored in spool.unsent(0, 1000)]


def original(number: int) -> bytes:
    return encode(event_payload(event(number)))


def page_of(path: Path, number: int) -> int:
    """Where the page of the database begins that holds an event."""
    return path.read_bytes().index(f"door/e1/{number}".encode()) // 4096 * 4096


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def remove(path: Path) -> None:
    path.unlink()


def unmark(path: Path) -> None:
    """The application id and the format are other ones."""
    overwrite(path, 60, b"\0\0\0\7")
    overwrite(path, 68, b"\0\0\0\0")


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 100)


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)


@pytest.mark.parametrize("harm", [truncate, empty, zero, remove, unmark, noise])
def test_a_damaged_file_is_replaced(
    path: Path, harm: Callable[[Path], None], caplog: pytest.LogCaptureFixture
) -> None:
    """It starts with a new epoch, says so, and announces every number that it cannot send any more."""
    before = epoch_of(path)
    harm(path)
    with closing(reopen(path)) as spool:
        assert spool.epoch != before
        assert (spool.run, spool.last_sequence) == (1, 0)
        assert "damaged" in spool.problem
        found = payloads(spool)
        there = {json.loads(payload)["sequence"] for payload in found}
        assert found == [original(number) for number in sorted(there)]
        gaps = spool.unsent_gaps(100)
        assert {(gap.epoch, gap.reason) for gap in gaps} <= {(before, Reason.DAMAGED)}
        assert bool(gaps) == (harm is not unmark)
        lost = {number for gap in gaps for number in range(gap.first, (gap.last or 0) + 1)}
        assert lost | there >= set(range(21, EVENTS + 1))
        assert not lost & there
        fill(spool, range(1, 3))
        assert len(payloads(spool)) == len(found) + 2
    assert [record.levelname for record in caplog.records].count("ERROR") == 1
    with closing(reopen(path)) as again:
        assert (again.run, again.problem, again.last_sequence) == (2, "", 2)


def test_a_page_of_rubbish_costs_the_events_on_it(path: Path) -> None:
    """All others are recovered under their old ids, in front of new ones."""
    before = epoch_of(path)
    overwrite(path, page_of(path, 42), b"\x5a" * 4096)
    with closing(reopen(path)) as spool:
        found = payloads(spool)
        assert EVENTS - 20 - 12 <= len(found) < EVENTS - 20
        fill(spool, range(1, 4))
        assert payloads(spool) == [*found, original(1), original(2), original(3)]
        kept = spool.unsent(0, 1000)
        spool.mark_sent(stored.position for stored in kept)
        assert spool.replay(1, EVENTS, epoch=before).again == len(found)
        assert spool.depth() == len(found)


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


def test_the_damaged_file_is_kept_for_a_look(path: Path) -> None:
    """It lies beside the new one as it was, the last three of them, for as long as anything else."""
    zero(path)
    size = path.stat().st_size
    for number in range(5):
        reopen(path, WALL + number).close()
        kept = sorted(path.parent.glob("spool.db.damaged-*"))
        assert len(kept) == min(number + 1, 3)
        zero(path)
    assert kept[0].name == "spool.db.damaged-20231114T221322"
    assert all(file.stat().st_size <= size for file in kept)


def test_damaged_files_do_not_fill_the_disk(path: Path) -> None:
    """One that is larger than two spools may be is not kept."""
    noise(path)
    bounds = limits(max_bytes=path.stat().st_size // 2 - 1)
    with closing(Spool.open(path, bounds, wall=lambda: WALL)) as spool:
        assert "damaged" in spool.problem
    assert not list(path.parent.glob("*damaged*"))


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


def test_a_power_cut_during_a_recovery_is_repaired_by_the_next_start(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that had moved the file aside, and no more, is taken up again by the next."""
    overwrite(path, page_of(path, 42), b"\x5a" * 4096)

    def cut(*_: object) -> int:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schema, "create", cut)
        with pytest.raises(KeyboardInterrupt):
            reopen(path)
    assert list(path.parent.glob("*damaged*"))
    with closing(reopen(path)) as spool:
        assert len(payloads(spool)) >= EVENTS - 20 - 12
        assert spool.unsent_gaps(9)


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


def test_old_damaged_files_go(path: Path) -> None:
    """They are kept as long as acknowledged events are."""
    zero(path)
    reopen(path).close()
    (aside,) = path.parent.glob("*damaged*")
    later = aside.stat().st_mtime + 8 * DAY_S
    reopen(path, later).close()
    assert not aside.exists()
