"""The spool as the sender sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from edge.ear import Archive
from edge.teller import Books
from edge.traffic import Reader


class Backlog(Reader, Books, Archive, Protocol):
    """The reading side of the spool."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called after each commit of events and each new state."""

    def flush(self, timeout: float) -> None:
        """Waits until what was appended can be read."""
