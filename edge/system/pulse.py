"""How long a thread has been at one piece of work, for whoever looks after it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pulse:
    """Written by the thread that works, read by another; one reference is replaced, which needs no lock."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._since: float | None = None

    def beat(self) -> None:
        """A piece of work begins."""
        self._since = self._clock()

    def rest(self) -> None:
        """The thread waits for work, for as long as it takes."""
        self._since = None

    @property
    def busy_s(self) -> float:
        """Seconds that the present piece of work has taken; 0 at rest."""
        # Read once: the thread may go to rest meanwhile.
        since = self._since
        return 0.0 if since is None else self._clock() - since
