"""A clock for several threads that moves only when all of them wait, so that hours pass in moments."""

from __future__ import annotations

import threading
import time

from edge.camera.live import THREAD

POLL_S = 0.0002


class VirtualClock:
    """The clock of the thread that makes it and of the capture threads; none of them may wait otherwise."""

    def __init__(self) -> None:
        self._now = 1000.0
        self._lock = threading.Lock()
        self._owner = threading.get_ident()
        # What other tests have left behind keeps a clock of its own.
        self._strangers = set(threading.enumerate())
        self._ended = False
        self._waiting: dict[int, tuple[float, threading.Event]] = {}

    def monotonic(self) -> float:
        return self._now

    def wall(self) -> float:
        return self._now + 1_700_000_000.0

    def sleep(self, seconds: float) -> None:
        self.wait(threading.Event(), seconds)

    def end(self) -> None:
        """Ends all waits; its owner has no more use for it."""
        self._ended = True

    def wait(self, event: threading.Event, seconds: float) -> bool:
        me, deadline = threading.get_ident(), self._now + seconds
        while not (event.is_set() or self._ended) and self._now < deadline:
            with self._lock:
                self._waiting[me] = deadline, event
                self._advance()
            time.sleep(POLL_S)
        with self._lock:
            self._waiting.pop(me, None)
        return event.is_set()

    def _advance(self) -> None:
        """Goes on to the first deadline, where everybody waits and nobody's event has come."""
        captures = {thread for thread in threading.enumerate() if thread.name == THREAD} - self._strangers
        mine = {thread.ident for thread in captures} | {self._owner}
        if not mine <= self._waiting.keys():
            return
        waiting = [self._waiting[ident] for ident in mine if ident is not None]
        if not any(event.is_set() or self._now >= deadline for deadline, event in waiting):
            self._now = min(deadline for deadline, _ in waiting)
