"""The durable outbox, on real files."""

from __future__ import annotations

import json
import math
import resource
import sqlite3
import stat
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import SpoolError
from edge.messages import payloads
from edge.pipeline.ports import Outbox
from edge.spool import Spool
from edge.spool.storage.database import SpoolDatabase
from edge.spool.storage.schema import FORMAT, new_epoch
from edge.spool.storage.sequences import SequenceReservations
from edge.telemetry.records import DAY_S
from edge.types import Lamp, State
from tests.support.builders import event, limits, verdict


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "spool.db"


@pytest.fixture
def spool(path: Path) -> Iterator[Spool]:
    with closing(Spool.open(path, limits())) as opened:
        yield opened


def sequences(spool: Spool, after: int = 0, limit: int = 1000) -> list[int]:
    return [stored.position for stored in spool.unsent(after, limit)]


def fill(spool: Spool, numbers: range) -> None:
    for number in numbers:
        spool.append(event(number))
    spool.flush()


def other_database(file: Path) -> None:
    """Makes what another program may have."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE event (x)")


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_it_is_the_pipelines_outbox(spool: Spool) -> None:
    """The spool fits the port of the vision side."""
    outbox: Outbox = spool
    outbox.append(event(1))
    spool.flush()
    assert sequences(spool) == [1]


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


def test_what_is_read_is_what_is_published(spool: Spool) -> None:
    """An event comes out as the bytes of its message."""
    fill(spool, range(5, 6))
    (stored,) = spool.unsent(0, 10)
    assert stored.payload == payloads.encode(payloads.event_payload(event(5)))


def test_reading_goes_on_from_a_sequence(spool: Spool) -> None:
    """Events come in order, after a given number, and not more than asked for."""
    fill(spool, range(1, 31))
    assert sequences(spool, after=10, limit=5) == [11, 12, 13, 14, 15]
    assert sequences(spool, after=30) == []


def test_what_was_acknowledged_is_not_read_again(spool: Spool) -> None:
    """A mark counts at once for readers, before it is on disk, and leaves the limit whole."""
    fill(spool, range(1, 11))
    spool.mark_sent([1, 2, 4])
    assert sequences(spool, limit=3) == [3, 5, 6]
    spool.flush()
    assert sequences(spool, limit=3) == [3, 5, 6]
    assert spool.depth() == 7


def test_marking_twice_counts_once(spool: Spool) -> None:
    """A second acknowledgement of an event changes nothing."""
    fill(spool, range(1, 4))
    spool.mark_sent([2])
    spool.flush()
    spool.mark_sent([2, 99])
    spool.flush()
    assert spool.depth() == 2


def test_a_number_is_never_given_another_event(spool: Spool) -> None:
    """A second event with a stored number does not replace the first."""
    fill(spool, range(1, 2))
    spool.append(event(1, number=2))
    spool.flush()
    (stored,) = spool.unsent(0, 10)
    assert json.loads(stored.payload)["pass_id"] == event(1).pass_id
    assert spool.depth() == 1


def test_listeners_are_called_once_events_can_be_read(spool: Spool) -> None:
    """They are called after the commit, not before."""
    called = threading.Event()
    spool.on_change(called.set)
    spool.append(event(1))
    assert called.wait(10)
    assert sequences(spool) == [1]


def test_listeners_are_called_for_the_state(spool: Spool) -> None:
    """The latest state can be read, and listeners learn of it."""
    called = threading.Event()
    spool.on_change(called.set)
    state = State(Lamp.RED, False, "", "1.0", 1_700_000_000.0)
    spool.set_state(state)
    assert called.wait(10)
    assert spool.state() is state


def test_a_failing_listener_harms_nobody(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in a listener is logged; events are kept and others are called."""
    called = threading.Event()
    spool.on_change(lambda: 1 // 0)
    spool.on_change(called.set)
    fill(spool, range(1, 2))
    assert called.wait(10)
    assert sequences(spool) == [1]
    assert "listener" in caplog.text


def test_a_question_that_fails_harms_nobody(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    """The caller gets an error, and events are stored as before."""
    with pytest.raises(SpoolError, match="cannot answer"):
        spool.ask(lambda _: 1 / 0)
    fill(spool, range(1, 4))
    assert sequences(spool) == [1, 2, 3]
    assert spool.alive
    assert "cannot answer a question" in caplog.text


def test_appending_does_not_wait_for_the_disk(spool: Spool) -> None:
    """Events and states are accepted while the spool's thread is stuck."""
    stuck, go_on = threading.Event(), threading.Event()

    def stop() -> None:
        stuck.set()
        go_on.wait(30)

    spool.on_change(stop)
    spool.append(event(1))
    assert stuck.wait(10)
    for number in range(2, 502):
        spool.append(event(number))
        spool.set_state(State(Lamp.RED, False, "", "1.0", float(number)))
    assert not go_on.is_set()
    go_on.set()
    spool.flush()
    assert spool.depth() == 501


def test_an_event_that_json_cannot_say_is_dropped_alone(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    """A broken number costs that event, which is logged, and leaves a gap; the others are kept."""
    broken = replace(event(2), verdict=replace(verdict(), monotonic=math.nan))
    for item in (event(1), broken, event(3)):
        spool.append(item)
    spool.flush()
    assert sequences(spool) == [1, 3]
    assert "door/e1/2" in caplog.text


def test_acknowledged_events_are_forgotten_after_some_days(path: Path) -> None:
    """Sent events go after `keep_days`; those that were not sent stay, and no number is given again."""
    wall = 1_700_000_000.0
    with closing(Spool.open(path, limits(keep_days=7), wall=lambda: wall)) as spool:
        fill(spool, range(1, 4))
        spool.mark_sent([1, 3])
    wall += 6 * DAY_S
    with closing(Spool.open(path, limits(keep_days=7), wall=lambda: wall)) as spool:
        fill(spool, range(4, 5))
        spool.mark_sent([4])
    wall += 2 * DAY_S
    with closing(Spool.open(path, limits(keep_days=7), wall=lambda: wall)) as spool:
        assert spool.last_sequence == 4
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT place FROM event").fetchall() == [(2,), (4,)]


def test_events_wait_in_memory_while_the_disk_is_full(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A full disk loses nothing: flush says so, one line is logged, and all is stored once there is room."""
    with closing(Spool.open(path, limits())) as spool:
        with full_disk(path.stat().st_size):
            for number in range(1, 201):
                spool.append(event(number))
            with pytest.raises(SpoolError, match=r"spool\.db"):
                spool.flush()
        spool.flush()
        assert sequences(spool) == list(range(1, 201))
        assert spool.depth() == 200
    assert len([r for r in caplog.records if "wait in memory" in r.message]) <= 1


def test_closing_keeps_what_was_accepted(path: Path) -> None:
    """What was appended just before closing is there when the file is opened again."""
    spool = Spool.open(path, limits())
    spool.append(event(1))
    spool.close()
    with closing(Spool.open(path, limits())) as again:
        assert sequences(again) == [1]


def test_a_closed_spool_says_so(path: Path) -> None:
    """Closing twice is allowed; using a closed spool is an error that names the file."""
    spool = Spool.open(path, limits())
    spool.close()
    spool.close()
    with pytest.raises(SpoolError, match=r"spool\.db is closed"):
        spool.append(event(1))
    with pytest.raises(SpoolError, match=r"spool\.db is closed"):
        spool.unsent(0, 1)


def test_nobody_else_can_read_it(spool: Spool, path: Path) -> None:
    """The file and the directory made for it belong to this user alone."""
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_power_cut_keeps_what_is_committed(path: Path) -> None:
    """The file uses a write-ahead log that is forced to disk with every commit."""
    path.parent.mkdir()
    with closing(SpoolDatabase(path)) as db:
        pragmas = ("journal_mode", "synchronous", "locking_mode")
        assert [db.one(f"PRAGMA {name}")[0] for name in pragmas] == ["wal", 2, "exclusive"]


def test_only_one_process_can_use_it(spool: Spool, path: Path) -> None:
    """A second opening is refused with a sentence that names the file."""
    with pytest.raises(SpoolError, match=r"spool\.db is in use by another process"):
        Spool.open(path, limits())


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


@given(st.lists(st.integers(0, 2**32 - 1), min_size=2, max_size=20))
def test_epochs_sort_by_age(moments: list[int]) -> None:
    """As text, a later epoch comes after an earlier one."""
    epochs = {new_epoch(moment)[:8] for moment in moments}
    assert sorted(epochs) == [new_epoch(moment)[:8] for moment in sorted(set(moments))]


def test_epochs_of_one_second_differ() -> None:
    """Two spools made in the same second have different epochs, but for rare chance."""
    assert len({new_epoch(1_700_000_000) for _ in range(5)}) > 1


@settings(max_examples=30)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 40)), max_size=60))
def test_unsent_is_what_was_appended_less_what_was_marked(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[bool, int]]
) -> None:
    """Whatever the order of appending and marking, the rest can be read, in order."""
    kept: set[int] = set()
    marked: set[int] = set()
    with closing(Spool.open(tmp_path_factory.mktemp("spool") / "spool.db", limits())) as spool:
        for mark, number in steps:
            if not mark and number not in kept:
                spool.append(event(number))
                kept.add(number)
            elif mark and number in kept:
                spool.flush()
                spool.mark_sent([number])
                marked.add(number)
        spool.flush()
        assert sequences(spool) == sorted(kept - marked)
        assert spool.depth() == len(kept - marked)
