"""The system's clocks, and whether the wall clock has been set from the network."""

from __future__ import annotations

import ctypes
import time
from pathlib import Path
from typing import Protocol

TIMESYNC_FLAG = Path("/run/systemd/timesync/synchronized")
"""systemd-timesyncd makes this file once it has set the clock since boot."""

CHECK_EVERY_S = 5.0

_STA_UNSYNC = 0x0040
_STATUS_OFFSET = 5 * ctypes.sizeof(ctypes.c_long)


class Clock(Protocol):
    """Where an adapter takes time from; tests give one that jumps."""

    def monotonic(self) -> float:
        """Seconds that never go back."""

    def wall(self) -> float:
        """Unix time."""

    def sleep(self, seconds: float) -> None:
        """Waits."""


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


class SyncCheck:
    """Says whether the wall clock is disciplined; asks the system at most every few seconds."""

    def __init__(self, clock: Clock | None = None, flag: Path = TIMESYNC_FLAG) -> None:
        self._clock = clock or SystemClock()
        self._flag = flag
        self._answer = False
        self._asked: float | None = None

    def __call__(self) -> bool:
        """Whether the clock is set, as known a few seconds ago."""
        now = self._clock.monotonic()
        if self._asked is None or now - self._asked >= CHECK_EVERY_S:
            kernel = kernel_synced()
            self._answer = self._flag.exists() if kernel is None else kernel
            self._asked = now
        return self._answer


def kernel_synced() -> bool | None:
    """What the kernel says of its clock, None where a sandbox forbids asking.

    Source: adjtimex(2); the call with `modes` 0 only reads. chrony, ntpd and timesyncd all
    keep this state.
    """
    timex = ctypes.create_string_buffer(512)
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.adjtimex(timex) < 0:
        return None
    status = ctypes.c_int.from_buffer(timex, _STATUS_OFFSET).value
    return not status & _STA_UNSYNC


synced = SyncCheck()
"""Whether the wall clock is set: `edge.clock.synced()`."""
