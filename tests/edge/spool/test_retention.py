"""What the spool drops, what it says of it, and what it keeps besides events."""

from __future__ import annotations

import math
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import ConsumerMark, Spool, writer
from edge.spool.records import Purged
from edge.spool.storage.store import RESERVE, EventStore
from edge.spool.writer import SpoolWriter
from edge.telemetry.records import DAY_S, Minute, VerdictCounts
from edge.types import Event, Gap, Outcome, Reason
from tests.edge.spool.test_spool import fill, full_disk, sequences
from tests.support.builders import event, limits, verdict

WALL = 1_700_000_000.0
MINUTE = 1_699_999_980


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool.open(path, limits())) as opened:
        yield opened


def gaps(spool: Spool) -> list[tuple[int, int | None, Reason]]:
    return [(gap.first, gap.last, gap.reason) for gap in spool.unsent_gaps(100)]


def small(path: Path, events: int) -> Spool:
    return Spool.open(path, limits(max_events=events))


def at(sequence: int, outcome: Outcome, number: int, revision: int = 0, wall: float = WALL) -> Event:
    decided = replace(verdict(outcome, number, revision), wall=wall)
    return replace(event(sequence, number=number), verdict=decided)


def abandon(path: Path, elsewhere: Path) -> Path:
    """A copy of a spool as a power cut leaves it; the one in use goes on."""
    elsewhere.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        (elsewhere / file.name).write_bytes(file.read_bytes())
    return elsewhere / path.name


def test_acknowledged_events_go_first(path: Path) -> None:
    """A full spool forgets what a broker has, the longest acknowledged first, and nothing is lost."""
    with closing(small(path, 10)) as spool:
        fill(spool, range(1, 11))
        spool.mark_sent([7])
        spool.flush()
        spool.mark_sent([2, 3])
        fill(spool, range(11, 13))
        assert sequences(spool) == [1, 4, 5, 6, 8, 9, 10, 11, 12]
        assert spool.figures().stored == 10
        assert gaps(spool) == []
        assert spool.replay(3, 3).again == 1
        assert spool.figures().dropped == 0


def test_the_oldest_unsent_go_last_and_are_announced(path: Path) -> None:
    """With nothing else to drop the oldest events go: counted, and one gap that grows."""
    with closing(small(path, 10)) as spool:
        for first in (1, 8, 15):
            fill(spool, range(first, first + 7))
        assert sequences(spool) == list(range(12, 22))
        assert gaps(spool) == [(1, 11, Reason.SPOOL_FULL)]
        assert spool.figures().dropped == 11
        assert "full" in spool.problem
    with closing(small(path, 10)) as again:
        assert again.figures().dropped == 11
        assert again.problem == ""


def test_a_full_spool_that_is_drained_is_none(path: Path) -> None:
    """The problem ends with the first events that fit again."""
    with closing(small(path, 5)) as spool:
        fill(spool, range(1, 9))
        assert spool.problem
        spool.mark_sent(range(4, 9))
        fill(spool, range(9, 10))
        assert spool.problem == ""


def test_a_gap_that_was_read_does_not_grow(path: Path) -> None:
    """What may be on its way to the broker keeps its meaning; later losses are a gap of their own."""
    with closing(small(path, 5)) as spool:
        fill(spool, range(1, 8))
        (first,) = spool.unsent_gaps(10)
        fill(spool, range(8, 10))
        assert gaps(spool) == [(1, 2, Reason.SPOOL_FULL), (3, 4, Reason.SPOOL_FULL)]
        spool.mark_gaps_sent([first.position])
        assert gaps(spool) == [(3, 4, Reason.SPOOL_FULL)]
        spool.flush()
        assert gaps(spool) == [(3, 4, Reason.SPOOL_FULL)]


def test_a_gap_of_an_earlier_run_does_not_grow(path: Path) -> None:
    """It may have been sent then, and the acknowledgement was lost."""
    for run in range(2):
        with closing(small(path, 5)) as spool:
            fill(spool, range(1 + 10 * run, 11 + 10 * run))
    with closing(small(path, 5)) as spool:
        assert gaps(spool) == [(1, 5, Reason.SPOOL_FULL), (6, 15, Reason.SPOOL_FULL)]
        assert [gap.number for gap in spool.unsent_gaps(5)] == [1, 2]


def test_bytes_are_bounded(path: Path) -> None:
    """The database stays within its size, whatever comes; minutes go before unsent events."""
    with closing(Spool.open(path, limits(max_bytes=200_000))) as spool:
        for minute in range(50):
            spool.add_minute(Minute(MINUTE - 60 * minute, frames=1))
        for first in range(1, 1000, 100):
            fill(spool, range(first, first + 100))
            assert spool.figures().bytes <= 200_000
        kept = sequences(spool)
        assert kept == list(range(kept[0], 1000 + 1))
        assert gaps(spool) == [(1, kept[0] - 1, Reason.SPOOL_FULL)]
        assert spool.minutes(0, MINUTE) == ()
    assert path.stat().st_size < 300_000


def test_what_json_cannot_say_is_a_gap(spool: Spool) -> None:
    """Its number never comes, and subscribers are told."""
    broken = replace(event(2), verdict=replace(verdict(), monotonic=math.nan))
    for item in (event(1), broken, event(3)):
        spool.append(item)
    spool.flush()
    assert gaps(spool) == [(2, 2, Reason.ENCODING)]
    assert spool.figures().dropped == 1


def test_what_memory_could_not_hold_is_a_gap(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the disk refuses, the oldest beyond a bound go; once it takes events again it says so."""
    monkeypatch.setattr(writer, "MOST_WAITING", 50)
    with closing(Spool.open(path, limits())) as spool:
        with full_disk(path.stat().st_size):
            for number in range(1, 81):
                spool.append(event(number))
            with pytest.raises(SpoolError):
                spool.flush()
            assert "wait in memory" in spool.problem
            assert spool.depth() == 50
        spool.flush()
        assert spool.problem == ""
        assert sequences(spool) == list(range(31, 81))
        assert gaps(spool) == [(1, 30, Reason.DISK)]
        assert spool.figures().dropped == 30


def test_given_up_events_are_gaps_and_can_be_replayed(spool: Spool) -> None:
    """What no broker takes is out of the way, announced, and still there."""
    fill(spool, range(1, 6))
    spool.give_up([2, 3, 99])
    assert sequences(spool) == [1, 4, 5]
    spool.flush()
    assert sequences(spool) == [1, 4, 5]
    assert gaps(spool) == [(2, 3, Reason.REFUSED)]
    assert spool.replay(1, 5).again == 2
    assert sequences(spool) == [1, 2, 3, 4, 5]


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


def test_events_that_cannot_be_written_at_the_end_are_a_gap(path: Path) -> None:
    """What was only in memory when the program had to go is announced by the next start."""
    spool = Spool.open(path, limits())
    fill(spool, range(1, 3))
    with full_disk(path.stat().st_size):
        for number in range(3, 200):
            spool.append(event(number))
        spool.close()
    with closing(Spool.open(path, limits())) as again:
        assert again.last_sequence >= 199
        (gap,) = again.unsent_gaps(10)
        assert (gap.first, gap.last) == (3, again.last_sequence)


def test_replay_sends_acknowledged_events_again(spool: Spool) -> None:
    """Marked ones become unsent, in order; those beyond the last number are nobody's."""
    fill(spool, range(1, 11))
    spool.mark_sent(range(1, 11))
    told: list[int] = []
    spool.on_change(lambda: told.append(1))
    found = spool.replay(4, 99)
    assert (found.again, found.waiting, found.gone) == (7, 0, 0)
    assert sequences(spool) == list(range(4, 11))
    assert spool.replays == 1
    assert spool.depth() == 7
    assert told
    assert spool.replay(50, 99).again == 0
    assert spool.replays == 1


def test_replay_leaves_out_what_was_sent_just_now(path: Path) -> None:
    """A consumer that is only slow does not get everything twice."""
    now = WALL
    with closing(Spool.open(path, limits(), wall=lambda: now)) as spool:
        fill(spool, range(1, 7))
        spool.mark_sent([1, 2, 3])
        spool.flush()
        now += 60
        spool.mark_sent([4, 5, 6])
        spool.flush()
        assert spool.replay(1, 6, sent_before=now - 30).again == 3
        assert sequences(spool) == [1, 2, 3]


def test_replay_announces_what_is_gone(path: Path) -> None:
    """Whoever asks for what is no longer kept is told that it never comes, each time."""
    with closing(small(path, 4)) as spool:
        fill(spool, range(1, 5))
        spool.mark_sent([1, 2])
        fill(spool, range(5, 7))
        for _ in range(2):
            found = spool.replay(1, 3)
            assert (found.again, found.gone) == (0, 2)
            (gap,) = spool.unsent_gaps(10)
            assert (gap.first, gap.last, gap.reason) == (1, 2, Reason.EXPIRED)
            spool.mark_gaps_sent([gap.position])
            assert gaps(spool) == []


def test_replay_of_an_unknown_epoch_changes_nothing(spool: Spool) -> None:
    """It is one sentence that names the epoch."""
    fill(spool, range(1, 3))
    spool.mark_sent([1, 2])
    with pytest.raises(SpoolError, match="no epoch elsewhere"):
        spool.replay(1, 2, epoch="elsewhere")
    assert sequences(spool) == []


def test_marks_of_consumers_are_kept(path: Path) -> None:
    """The latest of each consumer and epoch, over a restart, readable at once."""
    with closing(Spool.open(path, limits())) as spool:
        for contiguous in (5, 9, 7):
            spool.set_mark(ConsumerMark("team", "e1", contiguous, WALL))
        spool.set_mark(ConsumerMark("other", "e1", 1, WALL))
        marks = (ConsumerMark("other", "e1", 1, WALL), ConsumerMark("team", "e1", 7, WALL))
        assert set(spool.marks()) == set(marks)
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as again:
        assert again.marks() == marks


def test_marks_cannot_fill_the_disk(path: Path) -> None:
    """Of many names the last hundred that were heard stay."""
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        for number in range(250):
            spool.set_mark(ConsumerMark(f"c{number}", "e1", 1, WALL + number))
        spool.flush()
        assert {mark.consumer for mark in spool.marks()} == {f"c{number}" for number in range(150, 250)}


def test_minutes_count_each_pass_by_its_latest_revision(spool: Spool) -> None:
    """A revision changes the minute in which the pass began, also when it comes in a later one."""
    spool.append(at(1, Outcome.NO_MASK, number=1))
    spool.append(at(2, Outcome.UNSURE, number=2))
    spool.append(at(3, Outcome.COMPLIANT, number=1, revision=1, wall=WALL + 90))
    spool.append(at(4, Outcome.COMPLIANT, number=3, wall=WALL + 90))
    spool.flush()
    first, second = spool.minutes(MINUTE, MINUTE + 600)
    assert (first.start, first.verdicts) == (MINUTE, VerdictCounts(compliant=1, unsure=1))
    assert (second.start, second.verdicts) == (MINUTE + 60, VerdictCounts(compliant=1))


def test_minutes_add_up_over_a_restart(path: Path) -> None:
    """What is added to a minute adds to what it holds."""
    for _ in range(2):
        with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
            spool.add_minute(Minute(MINUTE, frames=10, watched_s=1.5))
            spool.add_minute(Minute(MINUTE, blind_s=2.0))
            spool.flush()
            found = spool.minutes(MINUTE, MINUTE)
    assert found == (Minute(MINUTE, frames=20, watched_s=3.0, blind_s=4.0),)


def test_a_minute_begins_at_a_minute() -> None:
    """Anything else is an error of the caller."""
    with pytest.raises(ValueError, match="multiple of 60"):
        Minute(MINUTE + 1)


def test_a_clock_that_jumps_ahead_ages_nothing(path: Path) -> None:
    """What was acknowledged a moment ago is kept when the wall clock gains a year."""
    now = [WALL]
    with closing(Spool.open(path, limits(keep_days=7), wall=lambda: now[0])) as spool:
        fill(spool, range(1, 4))
        spool.mark_sent([1, 2, 3])
        spool.flush()
        now[0] += 365 * DAY_S
        spool.ask(SpoolWriter.prune)
        assert spool.figures().stored == 3


def test_everything_but_unsent_events_goes_after_some_days(path: Path) -> None:
    """Marks, minutes, announced gaps and acknowledged events are kept for `keep_days`."""
    with closing(Spool.open(path, limits(max_events=3, keep_days=7), wall=lambda: WALL)) as spool:
        fill(spool, range(1, 6))
        spool.mark_sent([3])
        spool.mark_gaps_sent([gap.position for gap in spool.unsent_gaps(5)])
        spool.set_mark(ConsumerMark("team", "e1", 3, WALL))
    for days, left in ((6, 1), (8, 0)):
        with closing(Spool.open(path, limits(keep_days=7), wall=lambda: WALL + days * DAY_S)) as spool:  # noqa: B023
            assert len(spool.marks()) == left
            assert len(spool.minutes(0, MINUTE)) == left
            assert spool.figures().stored == 2 + left
            assert sequences(spool) == [4, 5]
            assert gaps(spool) == []


def test_purging_takes_what_is_old(path: Path) -> None:
    """Acknowledged events at first, unsent ones only when asked, and these are announced."""
    with closing(Spool.open(path, limits())) as spool:
        fill(spool, range(1, 6))
        spool.mark_sent([1, 2])
        assert spool.ask(lambda writer: writer.purge(WALL, unsent=True)) == Purged(0, 0)
        assert spool.ask(lambda writer: writer.purge(WALL + 1, unsent=False)) == Purged(2, 0)
        assert sequences(spool) == [3, 4, 5]
        assert spool.ask(lambda writer: writer.purge(WALL + 1, unsent=True)) == Purged(0, 3)
        assert gaps(spool) == [(3, 5, Reason.EXPIRED)]
        assert spool.figures() == replace(spool.figures(), unsent=0, stored=0, dropped=3)


def test_an_older_file_is_taken_over(path: Path) -> None:
    """A spool of format 1 keeps its epoch, its numbers, and what it had not sent."""
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


@pytest.mark.parametrize("trouble", ["slow", "full"])
def test_appending_waits_for_no_write(path: Path, monkeypatch: pytest.MonkeyPatch, trouble: str) -> None:
    """A write that takes for ever, or one that makes room, is begun and ended around many appends."""
    order: list[str] = []
    write, gate = EventStore.write, threading.Event()

    def slow(store: EventStore, *arguments: object) -> object:
        order.append("begun")
        gate.wait(30)
        order.append("ended")
        return write(store, *arguments)  # type: ignore[arg-type]

    with closing(small(path, 10 if trouble == "full" else 10_000)) as spool:
        fill(spool, range(1, 21))
        monkeypatch.setattr(EventStore, "write", slow)
        spool.append(event(21))
        while not order:
            pass
        for number in range(22, 222):
            spool.append(event(number))
        order.append("appended")
        gate.set()
        spool.flush()
    assert order[:3] == ["begun", "appended", "ended"]


def test_gaps_are_plain_values(path: Path) -> None:
    """A gap names the epoch of its numbers and when it was found."""
    with closing(Spool.open(path, limits(max_events=1), wall=lambda: WALL)) as spool:
        fill(spool, range(1, 4))
        assert spool.unsent_gaps(1) == (Gap(1, spool.epoch, 1, 1, 2, Reason.SPOOL_FULL, WALL),)
