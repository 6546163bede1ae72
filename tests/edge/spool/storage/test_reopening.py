"""A spool whose file or folder is deleted or replaced while it is in use."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import ConsumerMark, Reason, Spool, writer
from edge.spool.storage.database import SpoolDatabase
from edge.spool.storage.opening import open_store
from edge.spool.writer import SpoolWriter
from edge.telemetry.records import Minute
from edge.types import DeviceKey
from tests.support.builders import event, limits
from tests.support.spools import WALL, abandon, fill, full_disk, gaps, other_database, sequences

DOOR = DeviceKey("plant", "door")


def folder(path: Path) -> None:
    shutil.rmtree(path.parent)


def file(path: Path) -> None:
    path.unlink()


def file_and_reservations(path: Path) -> None:
    path.unlink()
    path.with_name("spool.db.numbers").unlink()


def replaced_by_a_copy(path: Path) -> None:
    path.with_name("copy").write_bytes(path.read_bytes())
    path.with_name("copy").replace(path)


def replaced_by_an_older_state(path: Path) -> None:
    kept = abandon(path, path.parent.with_name("kept"))
    shutil.rmtree(path.parent)
    kept.parent.rename(path.parent)


def replaced_by_another_spool(path: Path) -> None:
    other = path.parent.with_name("other") / path.name
    with closing(Spool.open(other, limits(), origin=DeviceKey("plant", "gate"))) as spool:
        fill(spool, range(1, 9))
    shutil.rmtree(path.parent)
    other.parent.rename(path.parent)


def renamed(path: Path) -> None:
    path.parent.rename(path.parent.with_name("elsewhere"))


LOSSES = (
    folder,
    file,
    file_and_reservations,
    replaced_by_a_copy,
    replaced_by_an_older_state,
    replaced_by_another_spool,
    renamed,
)


def opened(path: Path) -> Spool:
    return Spool.open_or_stand_in(path, limits(), lambda: WALL, DOOR)


def told(spool: Spool) -> list[str]:
    found: list[str] = []
    spool.on_change(lambda: found.append(spool.problem))
    return found


@pytest.mark.parametrize("lose", LOSSES)
def test_all_that_was_decided_before_and_after_is_kept(lose: Callable[[Path], None], path: Path) -> None:
    """Events, gaps, marks and minutes, under the same ids and positions; it is told when it is found."""
    with closing(opened(path)) as spool:
        problems = told(spool)
        fill(spool, range(1, 6))
        spool.mark_sent([1, 2])
        spool.give_up([3])
        spool.set_mark(ConsumerMark("plant", spool.epoch, 2, WALL))
        spool.add_minute(Minute(int(WALL) // 60 * 60, frames=7))
        spool.flush()
        lose(path)
        fill(spool, range(6, 9))
        assert any("was deleted or replaced while it was in use" in problem for problem in problems)
        assert (spool.problem, spool.failing) == ("", False)
        assert sequences(spool) == [4, 5, 6, 7, 8]
        spool.mark_sent([4])
        epoch = spool.epoch
    with closing(opened(path)) as again:
        assert (again.epoch, again.last_sequence) == (epoch, 8)
        assert sequences(again) == [5, 6, 7, 8]
        assert gaps(again) == [(3, 3, Reason.REFUSED)]
        assert [mark.contiguous for mark in again.marks()] == [2]
        assert sum(minute.frames for minute in again.minutes(0, int(WALL) + 60)) == 7


def test_what_another_one_put_there_is_kept_beside_it(path: Path) -> None:
    """It may hold events that are in no other file."""
    with closing(opened(path)) as spool:
        fill(spool, range(1, 3))
        replaced_by_another_spool(path)
        fill(spool, range(3, 4))
        (aside,) = path.parent.glob("spool.db.damaged-*")
        with closing(SpoolDatabase(aside)) as db:
            assert db.all("SELECT count(*) FROM event") == [(8,)]


def test_the_log_of_what_was_put_there_is_kept_with_it(path: Path, tmp_path: Path) -> None:
    """After a power cut it may hold what the file beside it does not."""
    with closing(opened(path)) as spool, closing(Spool.open(tmp_path / "other.db", limits())) as other:
        fill(spool, range(1, 3))
        shutil.rmtree(path.parent)
        fill(other, range(1, 9))
        abandon(tmp_path / "other.db", path.parent)
        for name in path.parent.iterdir():
            name.rename(path.parent / name.name.replace("other", "spool"))
        fill(spool, range(3, 4))
        (aside,) = path.parent.glob("spool.db.damaged-*[!wal]")
        with closing(SpoolDatabase(aside)) as db:
            assert db.all("SELECT count(*) FROM event") == [(8,)]


def test_a_stranger_s_file_is_not_touched(path: Path) -> None:
    """Events wait in memory until it is away, and are stored then."""
    with closing(opened(path)) as spool:
        shutil.rmtree(path.parent)
        path.parent.mkdir()
        other_database(path)
        spool.append(event(1))
        with pytest.raises(SpoolError, match="is some other database"):
            spool.flush()
        assert "is some other database" in spool.problem
        path.unlink()
        spool.flush()
        assert (spool.problem, sequences(spool)) == ("", [1])


def test_it_is_told_where_nothing_is_decided(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to come to the door first, and it is told for as long as there is no disk."""
    monkeypatch.setattr(writer, "LOOK_S", 0.01)
    with closing(opened(path)) as spool:
        failing, well = threading.Event(), threading.Event()

        def note() -> None:
            (failing if spool.failing else well).set()

        spool.on_change(note)
        shutil.rmtree(path.parent)
        path.parent.write_text("")
        assert failing.wait(30)
        assert not well.wait(0.1)
        path.parent.unlink()
        assert well.wait(30)
        assert path.is_file()


def test_events_wait_while_no_file_can_be_made(path: Path) -> None:
    """None of them is read before a disk has it; what was on the disk before is."""
    with closing(opened(path)) as spool:
        fill(spool, range(1, 3))
        shutil.rmtree(path.parent)
        path.parent.write_text("")
        spool.append(event(3))
        with pytest.raises(SpoolError, match="no new one can be made"):
            spool.flush()
        spool.mark_sent([1])
        assert sequences(spool) == [2]
        assert spool.figures().unsent == 3
        path.parent.unlink()
        spool.flush()
        assert sequences(spool) == [2, 3]


def test_a_disk_without_room_leaves_nothing_by_halves(path: Path) -> None:
    """Each try begins anew, and none leaves a file that is kept beside the next."""
    with closing(opened(path)) as spool:
        fill(spool, range(1, 101))
        shutil.rmtree(path.parent)
        spool.append(event(101))
        with full_disk(16 << 10):
            for _ in range(3):
                with pytest.raises(SpoolError, match="no new one can be made"):
                    spool.flush()
        spool.flush()
        assert sequences(spool) == list(range(1, 102))
        assert not list(path.parent.glob("*damaged*"))


def test_what_cannot_be_read_any_more_is_announced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that was pulled out: what is decided from then on is kept."""

    def fail(*_: object) -> None:
        raise SpoolError("by intent")

    with closing(opened(path)) as spool:
        fill(spool, range(1, 4))
        with monkeypatch.context() as patch:
            spool.ask(lambda own: patch.setattr(own.store.db, "copy_to", fail))
            shutil.rmtree(path.parent)
            fill(spool, range(4, 6))
        assert sequences(spool) == [4, 5]
        assert gaps(spool) == [(1, 3, Reason.DAMAGED)]
        epoch = spool.epoch
    with closing(opened(path)) as again:
        assert (again.epoch, again.last_sequence) == (epoch, 5)
        assert sequences(again) == [4, 5]


def test_an_end_without_a_disk_says_what_is_lost(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Both what waited and what was on the disk that is gone."""
    spool = opened(path)
    fill(spool, range(1, 3))
    shutil.rmtree(path.parent)
    path.parent.write_text("")
    spool.append(event(3))
    spool.close()
    assert "1 events are lost" in caplog.text
    assert "2 events are lost" in caplog.text


def test_a_process_that_uses_the_new_place_is_left_alone(path: Path) -> None:
    """Two that write into one file would be worse than one that waits."""
    with closing(opened(path)) as spool:
        fill(spool, range(1, 3))
        shutil.rmtree(path.parent)
        other = open_store(path, WALL, limits()).store
        spool.append(event(3))
        with pytest.raises(SpoolError, match="another process"):
            spool.flush()
        other.close(clean=True)
        spool.flush()
        assert sequences(spool) == [1, 2, 3]


def test_a_power_cut_after_it_goes_on_beyond_the_numbers_that_were_given(path: Path, tmp_path: Path) -> None:
    """The new file has a reservation as the old one had."""
    with closing(opened(path)) as spool:
        fill(spool, range(1, 4))
        shutil.rmtree(path.parent)
        fill(spool, range(4, 5))
        cut = abandon(path, tmp_path / "cut")
        with closing(opened(cut)) as again:
            assert again.last_sequence >= 4
            assert sequences(again) == [1, 2, 3, 4]


def test_a_spool_in_memory_is_at_no_place_that_could_be_gone(path: Path) -> None:
    """A disk that could not be used at the start is tried as before."""
    path.parent.write_text("")
    with closing(opened(path)) as spool:
        fill(spool, range(1, 3))
        assert spool.ask(lambda own: own.look()) is None
        path.parent.unlink()
        spool.ask(SpoolWriter.return_to_disk)
        shutil.rmtree(path.parent)
        fill(spool, range(3, 4))
        assert len(sequences(spool)) == 3
