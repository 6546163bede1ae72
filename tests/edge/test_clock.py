"""The clocks, and whether the wall clock is set."""

from __future__ import annotations

import ctypes
import errno
import time
from pathlib import Path

import pytest

from edge import clock
from edge.clock import SyncCheck, SystemClock, kernel_synced
from tests.fakes import FakeClock


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
