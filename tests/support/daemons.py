"""Daemons as processes."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

from edge.daemon.daemon import Daemon
from edge.daemon.service import Service
from edge.errors import SpoolError
from edge.pipeline.pipeline import Cycle
from edge.types import Event

WALKING = "data/clips/face-demographics-walking.gif"


Start = Callable[..., subprocess.Popen[str]]


def recording(clip: Path, pace: str = "fast") -> str:
    return f'[camera]\nsource = "{clip}"\npace = "{pace}"\n'


class RecordingService(Service):
    """Writes down what is asked of it, and fails where it is told to."""

    def __init__(self, name: str, calls: list[str], fails: str = "") -> None:
        self._name = name
        self._calls = calls
        self._fails = fails

    def _note(self, what: str) -> None:
        self._calls.append(f"{what} {self._name}")
        if what == self._fails:
            raise SpoolError(f"{self._name} cannot {what}")

    def start(self) -> None:
        self._note("start")

    def check(self) -> None:
        self._note("check")

    def drain(self) -> Iterator[None]:
        self._note("drain")
        yield

    def stop(self) -> None:
        self._note("stop")


class CountedLoop:
    """A number of cycles; after each one it does what a test wants."""

    def __init__(self, calls: list[str], count: int) -> None:
        self._calls = calls
        self._count = count
        self.daemon: Daemon | None = None
        self.at: dict[int, str] = {}

    def cycles(self, stopping: threading.Event) -> Iterator[None]:
        for number in range(self._count):
            if stopping.is_set():
                return
            self._calls.append(f"cycle {number}")
            if number in self.at:
                getattr(self.daemon, self.at[number])()
            yield

    def reload(self) -> None:
        self._calls.append("reload")


class NoObserver:
    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None: ...
