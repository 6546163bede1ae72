"""The system's clocks, and whether the wall clock has been set from the network."""

from __future__ import annotations

import ctypes
import threading
import time
from pathlib import Path
from typing import Protocol

TIMESYNC_FLAG = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file once it has set the clock since boot."""

CHECK_EVERY_S = 5.0

JUMP_S = 1.0
"""What the wall clock may gain or lose on the monotonic one between two looks; slewing moves both."""

DOUBT_S = 60.0
"""How long a clock that has jumped is not believed, whatever the system says."""

_STA_UNSYNC = 0x0040
# adjtimex(2): modes, offset, freq, maxerror and esterror come before status.
_STATUS_OFFSET = 5 * ctypes.sizeof(ctypes.c_long)


class Clock(Protocol):
    """Where an adapter takes time from; tests give one that jumps."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def wall(self) -> float:
        """Unix time."""

    def sleep(self, seconds: float) -> None:
        """Waits."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Waits for an event, at most so long; whether it has come."""


class SystemClock:
    """The clocks of this machine; `monotonic` is CLOCK_MONOTONIC, as in camera drivers."""

    def monotonic(self) -> float:
        """Seconds since some point in the past."""
        return time.monotonic()

    def wall(self) -> float:
        """Unix time."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Waits for an event, at most so long; whether it has come."""
        return event.wait(seconds)


class SyncCheck:
    """Says whether the wall clock is disciplined; asks the system at most every few seconds.

    After a jump of the wall clock it is not, for a while and until the system says so again: whoever
    set it by hand has not asked the network.
    """

    def __init__(self, clock: Clock | None = None, flag: Path = TIMESYNC_FLAG) -> None:
        self._clock = clock or SystemClock()
        self._flag = flag
        self._answer = False
        self._asked: float | None = None
        self._offset: float | None = None
        self._trusted_from = 0.0
        self._doubted: float | None = None

    def __call__(self) -> bool:
        """Whether the clock is set, as known a few seconds ago, and has not jumped since."""
        now = self._clock.monotonic()
        self._look_for_a_jump(now)
        if self._asked is None or now - self._asked >= CHECK_EVERY_S:
            kernel = kernel_synced()
            self._answer = self._flagged() if kernel is None else kernel
            self._asked = now
        return self._answer and now >= self._trusted_from

    def _look_for_a_jump(self, now: float) -> None:
        offset = self._clock.wall() - now
        if self._offset is not None and abs(offset - self._offset) > JUMP_S:
            self._trusted_from = now + DOUBT_S
            # A flag that was set before the jump says nothing of the clock as it is now.
            self._asked, self._doubted = None, self._touched()
        self._offset = offset

    def _flagged(self) -> bool:
        """Whether timesyncd has set the clock, since the last jump if there was one."""
        touched = self._touched()
        return touched is not None and touched != self._doubted

    def _touched(self) -> float | None:
        try:
            return self._flag.stat().st_mtime
        except OSError:
            return None


def kernel_synced() -> bool | None:
    """What the kernel says of its clock, None where a sandbox forbids asking.

    Source: adjtimex(2); the call with `modes` 0 only reads. chrony, ntpd and timesyncd all
    keep this state.
    """
    # Larger than `struct timex` anywhere, and all zero, so `modes` changes nothing.
    timex = ctypes.create_string_buffer(512)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(timex) < 0:
        return None
    status = ctypes.c_int.from_buffer(timex, _STATUS_OFFSET).value
    return not status & _STA_UNSYNC


synced = SyncCheck()
"""Whether the wall clock is set: `edge.system.clock.synced()`."""
