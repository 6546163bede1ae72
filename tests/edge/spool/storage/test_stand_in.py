"""A spool in memory while the disk cannot be used, and its way to the disk."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import ConsumerMark, Reason, Spool, writer
from edge.spool.storage.stand_in import GENERATION
from edge.spool.storage.store import EventStore
from edge.spool.writer import SpoolWriter
from edge.telemetry.records import Minute
from edge.types import DeviceKey
from tests.support.builders import event, limits
from tests.support.spools import WALL, fill, full_disk, gaps

DOOR = DeviceKey("plant", "door")


def block(path: Path) -> Path:
    """Something in the place of a folder, which keeps a spool from being made below it."""
    path.parent.mkdir(exist_ok=True)
    (path.parent / "state").write_text("")
    return path.parent / "state" / path.name


def unblock(path: Path) -> None:
    path.parent.unlink()


def at_once(spool: Spool) -> None:
    spool.ask(SpoolWriter.return_to_disk)


def ids(spool: Spool) -> list[str]:
    return [json.loads(stored.payload)["id"] for stored in spool.unsent(-1, 1000)]


def decided(spool: Spool, sequence: int) -> None:
    found = event(sequence)
    spool.append(replace(found, id=replace(found.id, epoch=spool.epoch)))


def test_a_disk_that_cannot_be_used_is_told_and_events_are_sent_all_the_same(path: Path) -> None:
    """They have numbers of an epoch of their own, from 1."""
    with closing(Spool.open_or_stand_in(block(path), limits(), origin=DOOR)) as spool:
        assert spool.failing
        assert "cannot be opened for writing" in spool.problem
        assert "kept in memory only" in spool.problem
        assert (spool.run, spool.last_sequence) == (1, 0)
        decided(spool, 1)
        spool.flush()
        (stored,) = spool.unsent(-1, 10)
        assert stored.origin == DOOR
        spool.mark_sent([stored.position])
        spool.flush()
        assert spool.depth() == 0


def test_the_disk_takes_all_of_it_when_it_is_back(path: Path) -> None:
    """Events, gaps, marks and minutes go on under their names; the next run goes on in the same epoch."""
    with closing(Spool.open(path, limits(), origin=DOOR)) as before:
        fill(before, range(1, 4))
    kept = path.rename(path.with_name("kept.db"))
    kept_numbers = path.with_name("spool.db.numbers").rename(path.with_name("kept.numbers"))
    path.mkdir()
    with closing(Spool.open_or_stand_in(path, limits(), lambda: WALL, DOOR)) as spool:
        for sequence in (1, 2):
            decided(spool, sequence)
        spool.set_mark(ConsumerMark("plant", spool.epoch, 1, WALL))
        spool.add_minute(Minute(WALL // 60 * 60, frames=7))
        spool.flush()
        first = spool.unsent(-1, 1)[0]
        assert first.position >> 40 == GENERATION
        path.rmdir()
        kept.rename(path)
        kept_numbers.rename(path.with_name("spool.db.numbers"))
        at_once(spool)
        assert not spool.failing
        assert spool.problem == ""
        decided(spool, 3)
        spool.flush()
        # An acknowledgement of before hits nothing; the event is sent twice, under one id.
        spool.mark_sent([first.position])
        expected = ["door/e1/1", "door/e1/2", "door/e1/3", *(f"door/{spool.epoch}/{n}" for n in (1, 2, 3))]
        assert ids(spool) == expected
        assert spool.replays == 1
        assert [mark.contiguous for mark in spool.marks()] == [1]
    with closing(Spool.open(path, limits(), lambda: WALL, DOOR)) as again:
        assert (again.epoch, again.last_sequence) == (spool.epoch, 3)
        assert ids(again) == expected
        assert gaps(again) == []
        assert sum(minute.frames for minute in again.minutes(0, int(WALL) + 60)) == 7
        assert again.run > 1


def test_a_new_file_takes_it_too(path: Path) -> None:
    """The folder was gone and is made."""
    place = block(path)
    with closing(Spool.open_or_stand_in(place, limits(), origin=DOOR)) as spool:
        decided(spool, 1)
        unblock(place)
        at_once(spool)
        assert ids(spool) == [f"door/{spool.epoch}/1"]
    with closing(Spool.open(place, limits(), origin=DOOR)) as again:
        assert (again.epoch, again.last_sequence) == (spool.epoch, 1)


def test_an_end_in_good_order_tries_the_disk_once_more(path: Path) -> None:
    """Whoever frees the disk and restarts the device loses nothing."""
    place = block(path)
    spool = Spool.open_or_stand_in(place, limits(), origin=DOOR)
    decided(spool, 1)
    unblock(place)
    spool.close()
    with closing(Spool.open(place, limits(), origin=DOOR)) as again:
        assert ids(again) == [f"door/{spool.epoch}/1"]


def test_an_end_without_a_disk_says_what_is_lost(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A number in the log is all that can be kept of it."""
    spool = Spool.open_or_stand_in(block(path), limits(), origin=DOOR)
    decided(spool, 1)
    spool.close()
    assert "1 events are lost" in caplog.text


def test_it_tries_again_by_itself(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has to ask."""
    monkeypatch.setattr(writer, "DISK_RETRY_S", 0.01)
    place = block(path)
    with closing(Spool.open_or_stand_in(place, limits(), origin=DOOR)) as spool:
        back = threading.Event()
        spool.on_change(lambda: None if spool.failing else back.set())
        unblock(place)
        assert back.wait(30)


def test_a_full_disk_is_tried_again_and_keeps_nothing_by_halves(path: Path) -> None:
    """While it has no room for all of it, all of it stays in memory, and is sent."""
    Spool.open(path, limits(), origin=DOOR).close()
    with full_disk(1024):
        spool = Spool.open_or_stand_in(path, limits(), origin=DOOR)
        for sequence in range(1, 101):
            decided(spool, sequence)
        at_once(spool)
    # Enough to open the file, and not for all events.
    with full_disk(path.stat().st_size + (16 << 10)):
        at_once(spool)
        assert spool.failing
        assert len(ids(spool)) == 100
    with closing(spool):
        at_once(spool)
        assert not spool.failing
        assert len(ids(spool)) == 100
        assert {gap.reason for gap in spool.unsent_gaps(10)} <= {Reason.RESTART}


def test_a_move_that_fails_midway_leaves_file_and_memory_as_they_were(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The next try moves each event once, and announces no number as lost."""
    place = block(path)
    with closing(Spool.open_or_stand_in(place, limits(), origin=DOOR)) as spool:
        decided(spool, 1)
        unblock(place)
        reserve = EventStore.reserve

        def fail(store: EventStore, upto: int) -> None:
            if store.run_info.generation and store.run_info.epoch == spool.epoch:
                raise SpoolError("by intent")
            reserve(store, upto)

        with monkeypatch.context() as patch:
            patch.setattr(EventStore, "reserve", fail)
            at_once(spool)
        assert "by intent" in spool.problem
        at_once(spool)
        assert ids(spool) == [f"door/{spool.epoch}/1"]
        assert spool.unsent_gaps(10) == ()


def test_a_power_cut_between_reservation_and_commit_is_announced(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the memory held is lost then, and consumers are told."""
    place = block(path)
    spool = Spool.open_or_stand_in(place, limits(), origin=DOOR)
    for sequence in (1, 2):
        decided(spool, sequence)
    spool.flush()
    unblock(place)
    cut = place.parent.parent / "cut"
    cut.mkdir()
    reserve = EventStore.reserve

    def copy(store: EventStore, upto: int) -> None:
        reserve(store, upto)
        if store.run_info.epoch == spool.epoch and store.run_info.generation != GENERATION:
            for file in place.parent.iterdir():
                (cut / file.name).write_bytes(file.read_bytes())

    with monkeypatch.context() as patch:
        patch.setattr(EventStore, "reserve", copy)
        at_once(spool)
    spool.close()
    with closing(Spool.open(cut / place.name, limits(), origin=DOOR)) as again:
        (gap,) = again.unsent_gaps(10)
        assert (gap.epoch, gap.first, gap.reason) == (spool.epoch, 1, Reason.DAMAGED)
        assert gap.last is not None
        assert gap.last >= 2


def test_another_process_that_holds_the_spool_ends_the_start(path: Path) -> None:
    """Two devices of one name would be worse than none."""
    with closing(Spool.open(path, limits())), pytest.raises(SpoolError, match="another process"):
        Spool.open_or_stand_in(path, limits())
