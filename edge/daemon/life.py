"""What the daemon tells the service manager: that it is ready, how it is in one line, and that it lives."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence

from edge.daemon.service import Service
from edge.system.systemd import Watchdog, notify

STATUS_EVERY_S = 5.0
_log = logging.getLogger(__name__)


class LifeSigns:
    """Feeds the watchdog while the loop turns and no service stands still.

    There is no timer: a loop that hangs starves it, and so does a thread beside the loop that has been
    at one piece of work for too long.
    """

    def __init__(self, services: Sequence[Service], clock: Callable[[], float] = time.monotonic) -> None:
        self._services = services
        self._clock = clock
        self._watchdog = Watchdog(clock)
        self._ready = False
        self._status = ""
        self._status_at = 0.0
        self._stalled = False

    def turn(self) -> None:
        """Counts a turn of the loop; the first one makes the daemon ready."""
        now = self._clock()
        if not self._ready:
            self._ready = True
            notify(f"READY=1\nSTATUS={self._next_status(now)}")
        elif now >= self._status_at:
            before = self._status
            if self._next_status(now) != before:
                notify(f"STATUS={self._status}")
        if not self._stands_still():
            self._watchdog.feed()

    def _next_status(self, now: float) -> str:
        self._status_at = now + STATUS_EVERY_S
        # What people look for first is told by the last service, which sees.
        told = [service.status() for service in reversed(self._services)]
        # One line: a newline would begin another message to the service manager.
        self._status = " ".join(", ".join(filter(None, told)).split())
        return self._status

    def _stands_still(self) -> bool:
        """Whether a service does; says so once."""
        stalled = ", ".join(filter(None, (service.stalled() for service in self._services)))
        if stalled and not self._stalled:
            _log.error("%s; the service manager is to start the daemon again", stalled)
        self._stalled = bool(stalled)
        return self._stalled
