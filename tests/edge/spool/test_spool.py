"""The durable outbox, on real files."""

from __future__ import annotations

import math
import sqlite3
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge.errors import SpoolError
from edge.messages import payloads
from edge.pipeline.ports import Outbox
from edge.spool import Spool
from edge.spool.spool import MOST_NOTICES, NOTICE_S
from edge.telemetry.records import DAY_S, SenderState
from edge.types import DeviceKey, Lamp, PassNotice, State
from tests.support.builders import event, limits, verdict
from tests.support.spools import fill, sequences


def test_it_is_the_pipelines_outbox(spool: Spool) -> None:
    """The spool fits the port of the vision side."""
    outbox: Outbox = spool
    outbox.append(event(1))
    spool.flush()
    assert sequences(spool) == [1]


def test_a_sender_that_is_silent_is_gone(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it said last counts for a while."""
    said = SenderState(True, "", 0, False)
    spool.set_sender(said)
    assert spool.sender() == said
    monkeypatch.setattr("edge.spool.spool.SENDER_S", 0.0)
    assert spool.sender() is None


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


def notice(number: int) -> PassNotice:
    return PassNotice(DeviceKey("site", "door"), "e1", f"e1-1-{number}", 1.0, 1_700_000_000.0, True)


def test_begins_and_ends_of_passes_are_told_once_and_not_kept(spool: Spool) -> None:
    """Listeners learn of them; of too many that nobody reads the newest stay."""
    called = threading.Event()
    spool.on_change(called.set)
    for number in range(MOST_NOTICES + 2):
        spool.note_pass(notice(number))
    assert called.wait(10)
    told = list(iter(spool.next_notice, None))
    assert told == [notice(number) for number in range(2, MOST_NOTICES + 2)]
    assert spool.next_notice() is None
    assert spool.depth() == 0


def test_what_nobody_could_send_in_time_is_forgotten(spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hears of a pass a minute late cannot act on it."""
    spool.note_pass(notice(1))
    begun = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: begun + NOTICE_S)
    spool.note_pass(notice(2))
    assert spool.next_notice() == notice(2)
