"""The clocks, and whether the wall clock is set."""

from __future__ import annotations

import ctypes
import errno
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.pipeline.events import EventFactory, EventSource
from edge.system import clock
from edge.system.clock import SyncCheck, SystemClock, kernel_synced
from tests.support.builders import verdict
from tests.support.fakes import FakeClock


class Timex(ctypes.Structure):
    """The head of the kernel's `struct timex`, written out as adjtimex(2) has it."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
    )


class FakeLibc:
    """A C library whose kernel answers with one status, or forbids the call."""

    def __init__(self, status: int | None) -> None:
        self.status = status

    def adjtimex(self, buffer: ctypes.Array[ctypes.c_char]) -> int:
        assert Timex.from_buffer(buffer).modes == 0, "the clock may only be read"
        if self.status is None:
            ctypes.set_errno(errno.EPERM)
            return -1
        Timex.from_buffer(buffer).status = self.status
        return 5 if self.status & 0x40 else 0


@pytest.mark.parametrize(("status", "answer"), [(0x2001, True), (0x40, False), (0x2041, False), (None, None)])
def test_the_kernels_status_decides(
    monkeypatch: pytest.MonkeyPatch, status: int | None, answer: bool | None
) -> None:
    """STA_UNSYNC means not set; a call that a sandbox forbids gives no answer."""
    monkeypatch.setattr(ctypes, "CDLL", lambda name, **options: FakeLibc(status))
    assert kernel_synced() is answer


def test_the_real_kernel_answers() -> None:
    """The call works on this machine, or is forbidden; it never raises."""
    assert kernel_synced() in {True, False, None}


def test_timesyncds_flag_decides_where_the_kernel_may_not_be_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inside a sandbox the file that timesyncd makes says whether the clock is set."""
    monkeypatch.setattr(clock, "kernel_synced", lambda: None)
    flag = tmp_path / "synchronized"
    time_source = FakeClock()
    synced = SyncCheck(time_source, flag)
    assert synced() is False
    flag.touch()
    assert synced() is False, "the answer holds for some seconds"
    time_source.now += clock.CHECK_EVERY_S
    assert synced() is True


def test_the_kernel_is_asked_at_most_every_few_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events may come in a burst; the answer is remembered."""
    asked = []
    monkeypatch.setattr(clock, "kernel_synced", lambda: asked.append(1) or True)
    time_source = FakeClock()
    synced = SyncCheck(time_source)
    for _ in range(100):
        assert synced() is True
        time_source.now += 0.1
    assert len(asked) == 2


def test_the_system_clock_is_the_systems() -> None:
    """Monotonic and wall time are those of the machine, and sleeping takes time."""
    system = SystemClock()
    before = time.monotonic(), time.time()
    system.sleep(0.01)
    assert system.monotonic() >= before[0] + 0.01
    assert system.wall() == pytest.approx(before[1], abs=5)


JUMPS = [sign * seconds for sign in (1, -1) for seconds in (2.0, 3_600.0, 365 * 86_400.0)]


@pytest.mark.parametrize("jump", JUMPS)
def test_a_clock_that_jumps_is_not_believed_for_a_while(monkeypatch: pytest.MonkeyPatch, jump: float) -> None:
    """From the jump on it counts as not set, and as set again when the system still says so later."""
    monkeypatch.setattr(clock, "kernel_synced", lambda: True)
    source = FakeClock()
    synced = SyncCheck(source)
    assert synced()
    source.offset += jump
    assert not synced()
    source.now += clock.DOUBT_S - 1
    assert not synced()
    source.now += 1
    assert synced()


def test_after_a_jump_timesyncd_must_set_the_clock_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A flag of before the jump says nothing of the clock after it."""
    monkeypatch.setattr(clock, "kernel_synced", lambda: None)
    flag = tmp_path / "synchronized"
    flag.touch()
    source = FakeClock()
    synced = SyncCheck(source, flag)
    assert synced()
    source.offset += 3_600
    assert not synced()
    source.now += 10 * clock.DOUBT_S
    assert not synced()
    os.utime(flag, (0, 0))
    source.now += clock.CHECK_EVERY_S
    assert synced()


def test_a_clock_that_is_slewed_is_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel corrects a clock by half a millisecond a second at most; that is no jump."""
    monkeypatch.setattr(clock, "kernel_synced", lambda: True)
    source = FakeClock()
    synced = SyncCheck(source)
    for _ in range(100):
        source.now += 1.0
        source.offset += 0.0005
        assert synced()


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from([0.0, *JUMPS])), max_size=60))
def test_whatever_the_clock_does_order_stays_and_jumps_are_flagged(steps: list[tuple[float, float]]) -> None:
    """Numbers count up by one, monotonic time never falls, and no event after a jump is `clock_synced`."""
    source = FakeClock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "kernel_synced", lambda: True)
        synced = SyncCheck(source)
        synced()
        events = EventFactory(EventSource("door", "e1", "1", "1.0"), 0, synced)
        made = []
        for wait, jump in steps:
            source.now += wait
            source.offset += jump
            decided = replace(verdict(), monotonic=source.monotonic(), wall=source.wall())
            made.append(events.make(decided))
            assert not (jump and made[-1].clock_synced)
    assert [event.id.sequence for event in made] == list(range(1, len(steps) + 1))
    times = [event.verdict.monotonic for event in made]
    assert times == sorted(times)
