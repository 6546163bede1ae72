"""What a daemon is made of: services, and one loop for its main thread."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

from edge.errors import MaskGateError


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps the daemon from working: the key of the configuration that it is about, and why."""

    key: str
    error: MaskGateError

    def __str__(self) -> str:
        sentence = str(self.error)
        # Some sentences begin with a key, which may be a closer one.
        return sentence if re.match(r"[a-z_]+(\.[a-z0-9_]+)+: ", sentence) else f"{self.key}: {sentence}"


def attempt(key: str, work: Callable[[], object]) -> Iterator[Problem]:
    """Does something that a key of the configuration asks for; what goes wrong is that key's problem."""
    try:
        work()
    except MaskGateError as error:
        yield Problem(key, error)


class Service:
    """A part of the daemon, at work from `start` to `stop`. It overrides what concerns it.

    It works on threads of its own, or is asked by the loop.
    """

    def examine(self) -> Iterator[Problem]:
        """What would keep `start` from working; opens no device and no connection, and writes nothing."""
        yield from ()

    def connect(self) -> Iterator[Problem]:
        """What keeps it from its devices and connections, which are opened and closed again."""
        yield from ()

    def start(self) -> None:
        """Opens what it needs, all of it or nothing; services before it have started.

        Raises:
            MaskGateError: It cannot.
        """

    def check(self) -> None:
        """Says whether it still works; called once a cycle, and waits for nothing.

        Raises:
            MaskGateError: It does not, and only a new start would help.
        """

    def status(self) -> str:
        """What to say of it in the service manager's line; empty for nothing. Waits for nothing."""
        return ""

    def stalled(self) -> str:
        """What of it has been at one piece of work for too long, in a few words; empty where nothing has.

        Asked once a cycle, and waits for nothing. The daemon is started again where it stays so.
        """
        return ""

    def drain(self) -> Iterator[None]:
        """Completes what it was given, in limited time; called when the loop came to its own end.

        Yields at least once a second, so that it can be left and the daemon can show that it lives.
        """
        yield from ()

    def stop(self) -> None:
        """Ends its work; services after it have stopped."""


class Loop(Protocol):
    """What the main thread does between the start and the stop of the services."""

    def cycles(self, stopping: threading.Event) -> Iterator[None]:
        """Works until nothing is left to do or `stopping` is set; yields at least once a second."""

    def reload(self) -> None:
        """Takes up what was changed on disk; called between two cycles."""
