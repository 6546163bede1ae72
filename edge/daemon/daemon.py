"""The daemon: services that start in order, are checked once a cycle, and stop in reverse order."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

from edge.daemon.life import LifeSigns
from edge.daemon.service import Loop, Problem, Service
from edge.system.systemd import notify

SWITCH_S = 0.0005
"""How long another thread may keep the interpreter from the loop at a time. Python's own 5 ms are felt,
several times a frame, while a page asks for much."""


class Daemon:
    """Runs services around a loop. `stop` and `reload` may be called by signal handlers and threads."""

    def __init__(self, services: Sequence[Service], loop: Loop) -> None:
        self._services = services
        self._loop = loop
        self._stopping = threading.Event()
        self._reloading = threading.Event()

    def examine(self, *, connect: bool = False) -> Iterator[Problem]:
        """What would keep `run` from its first frame, in the order in which it would come up.

        Args:
            connect: Whether camera, lamps and broker are opened too. Else no device and no connection is;
                nothing is written either way.
        """
        for service in self._services:
            problems = list(service.examine())
            yield from problems
            if connect and not problems:
                yield from service.connect()

    def run(self) -> None:
        """Starts the services, and stops them when the loop ends, is stopped, or fails.

        Raises:
            MaskGateError: A service cannot start, or ended unexpectedly.
        """
        with ExitStack() as started:
            started.callback(sys.setswitchinterval, sys.getswitchinterval())
            sys.setswitchinterval(SWITCH_S)
            for service in self._services:
                service.start()
                # After `start`, which opens all or nothing: one that failed has nothing to stop.
                started.callback(service.stop)
            # Called before the services stop: callbacks run in reverse.
            started.callback(notify, "STOPPING=1")
            life = LifeSigns(self._services)
            self._run_loop(life)
            self._drain(life)

    def stop(self) -> None:
        """Has the loop end after its cycle."""
        self._stopping.set()

    def reload(self) -> None:
        """Has the loop take up what was changed on disk, after its cycle."""
        self._reloading.set()

    def _run_loop(self, life: LifeSigns) -> None:
        for _ in self._loop.cycles(self._stopping):
            for service in self._services:
                service.check()
            if self._reloading.is_set():
                # Before the work, so that a signal that comes meanwhile is not lost.
                self._reloading.clear()
                self._loop.reload()
            life.turn()

    def _drain(self, life: LifeSigns) -> None:
        for service in self._services:
            # Whoever stops the daemon does not wait for it.
            if self._stopping.is_set():
                return
            for _ in service.drain():
                life.turn()
                if self._stopping.is_set():
                    return
