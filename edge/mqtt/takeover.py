"""Whether another client with the same identifier throws this one out. Takes time as an argument.

MQTT 5 has a reason code for it; some brokers, Mosquitto 2.0.11 among them, only close the connection. Two
such clients would end each other's connections for ever, so each tries again ever more slowly.
"""

from __future__ import annotations

from edge.mqtt.backoff import Backoff
from edge.mqtt.events import ConnectionLost

SESSION_TAKEN_OVER = 0x8E
KEEP_ALIVE_TIMEOUT = 0x8D
LASTING_S = 10.0
"""A connection that ends later has not been thrown out,"""
LASTING_WAITS = 4.0
"""nor has one that lasted for so many times the wait before it: the other client waits about as long."""
MANY_SHORT = 3
"""So many ends without a reason in a row are no chance."""
TOLD_LONGEST_S, GUESSED_LONGEST_S = 600.0, 60.0


class TakeoverDetector:
    """What the ends of accepted connections say of another client."""

    def __init__(self) -> None:
        self.guessed = False
        """Whether such ends are many, and the broker gives no reason."""
        self.wait_s = 0.0
        """Seconds before the next connection; 0 where no other client is suspected."""
        self._short = 0
        self._told_backoff = Backoff(first=2.0, longest=TOLD_LONGEST_S)
        self._guessed_backoff = Backoff(first=1.0, longest=GUESSED_LONGEST_S)

    def ended(self, lost: ConnectionLost, lasted: float) -> None:
        """A connection that the broker had accepted has ended after so many seconds."""
        if lasted > max(LASTING_S, LASTING_WAITS * self.wait_s):
            self._reset()
        if lost.by_broker and lost.code == SESSION_TAKEN_OVER:
            self.wait_s = self._told_backoff.next()
        elif not (lost.by_broker or lost.refused or lost.code == KEEP_ALIVE_TIMEOUT):
            self._short += lasted <= max(LASTING_S, LASTING_WAITS * self.wait_s)
            self.guessed = self._short >= MANY_SHORT
            self.wait_s = self._guessed_backoff.next() if self.guessed else self.wait_s

    def _reset(self) -> None:
        self.guessed, self.wait_s, self._short = False, 0.0, 0
        self._told_backoff.reset()
        self._guessed_backoff.reset()
