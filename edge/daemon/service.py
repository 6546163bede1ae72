"""What a daemon is made of: services, and one loop for its main thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Protocol


class Service:
    """A part of the daemon, at work from `start` to `stop`. It overrides what concerns it.

    It works on threads of its own, or is asked by the loop.
    """

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
