"""Stand-ins for the live view of a process that sees."""

from __future__ import annotations

import time
from collections.abc import Callable

from edge.errors import LiveViewError
from tests.support.pictures import encoded


class ShownView:
    """Gives one picture while it is on; counts how often it made it, and remembers who switched it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Off, and nobody has asked for anything."""
        self.allowed = True
        self.until: float | None = None
        self.problem = ""
        self.made = 0
        self.said: list[str] = []
        self.on_change: Callable[[], None] = lambda: None

    def switch_on(self, by: str) -> None:
        if not self.allowed:
            raise LiveViewError("the live view is not allowed here")
        self._switch(time.time() + 600, f"on by {by}")

    def switch_off(self, by: str) -> None:
        self._switch(None, f"off by {by}")

    def picture(self) -> bytes:
        if self.until is None:
            raise LiveViewError("the live view is off")
        if self.problem:
            raise LiveViewError(self.problem)
        self.made += 1
        return encoded(".jpg")

    def _switch(self, until: float | None, said: str) -> None:
        self.until = until
        self.said.append(said)
        self.on_change()
