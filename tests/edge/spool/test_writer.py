"""The spool's thread: what it takes, and when it commits."""

from __future__ import annotations

import math
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from edge.errors import SpoolError
from edge.spool import Spool, writer
from edge.spool.storage.store import EventStore
from edge.types import Lamp, Reason, State
from tests.support.builders import event, limits, verdict
from tests.support.spools import fill, full_disk, gaps, sequences, small


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
