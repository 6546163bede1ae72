"""What the network's threads tell the sender: they put it here and go on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty, SimpleQueue

from edge.signals import Arrived, Signal

BURST = 64
MOST_ARRIVED = 200
"""Messages for this device that may wait; what comes beyond is dropped."""

Entry = tuple[int, Signal | None]
"""A signal with the number of its connection; None only wakes."""


class Inbox:
    """Signals of all connections, in the order in which they came."""

    def __init__(self) -> None:
        self.dropped = 0
        self._entries: SimpleQueue[Entry] = SimpleQueue()

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return self._entries.empty()

    def wake(self) -> None:
        """Has the sender look after things; may be called by any thread."""
        self._entries.put((0, None))

    def slot(self, number: int) -> Callable[[Signal], None]:
        """Where one connection puts its signals; never waits."""

        def put(signal: Signal) -> None:
            if isinstance(signal, Arrived) and self._entries.qsize() >= MOST_ARRIVED:
                self.dropped += 1
            else:
                self._entries.put((number, signal))

        return put

    def burst(self, patience: float) -> Iterator[Entry]:
        """What is there, some of it at a time; waits for the first for `patience` seconds."""
        try:
            yield self._entries.get(timeout=max(patience, 0.0))
            for _ in range(BURST - 1):
                yield self._entries.get_nowait()
        except Empty:
            return
