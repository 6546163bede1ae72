"""Whose fault it is that a broker refuses an event for good. Used by the sender thread only.

What one event meets, and its fellows do not, is the event's own fault. What every event meets is the
broker's, and may be mended there: giving events up for that would empty the spool.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

from edge.uplink.inflight import OutgoingMessage

MAX_REFUSED_FOR_GOOD = 2_000
"""Refused events that are remembered; of more than that the broker has taken none for long."""


@dataclass(slots=True)
class _RefusedEvent:
    """A refused event.

    Attributes:
        fellow_bytes: What a fellow needs to show that the broker could have taken it.
        hung_up: Whether the broker ended a connection over it.
        fellow_taken: Whether the broker took a fellow since.
    """

    fellow_bytes: int
    hung_up: bool
    fellow_taken: bool = False


class RefusalTracker:
    """Events that were refused for good, over all connections, until it is known whose fault that is."""

    def __init__(self) -> None:
        self._refusals: dict[Hashable, _RefusedEvent] = {}
        self._in_a_row = 0

    @property
    def broker_to_blame(self) -> bool:
        """Whether the broker refuses one after the other, and has taken none in between."""
        return self._in_a_row > 1

    def waits(self, key: Hashable) -> bool:
        """Whether an event over which the broker hung up is to let a fellow go first."""
        refused_event = self._refusals.get(key)
        if refused_event is None or self.broker_to_blame:
            return False
        return refused_event.hung_up and not refused_event.fellow_taken

    def taken(self, message: OutgoingMessage) -> bool:
        """The broker has taken an event; whether one that waited for that may go now."""
        self._in_a_row = 0
        self._refusals.pop(message.key, None)
        cleared = [
            refused_event
            for refused_event in self._refusals.values()
            if not refused_event.fellow_taken and message.size >= refused_event.fellow_bytes
        ]
        for refused_event in cleared:
            refused_event.fellow_taken = True
        return any(refused_event.hung_up for refused_event in cleared)

    def refused(self, message: OutgoingMessage, *, as_too_large: bool, hung_up: bool = False) -> bool:
        """The broker has refused an event for good.

        Args:
            message: The event.
            as_too_large: Refused for its size: only a fellow of that size shows that it could be taken.
            hung_up: Whether the broker ended the connection over it.

        Returns:
            Whether the event itself is to blame: it was refused before, and a fellow was taken since.
        """
        refused_event = self._refusals.get(message.key)
        if refused_event is not None and refused_event.fellow_taken:
            del self._refusals[message.key]
            return True
        self._in_a_row += 1
        if refused_event is None:
            self._forget_oldest()
            self._refusals[message.key] = _RefusedEvent(message.size if as_too_large else 0, hung_up)
        return False

    def _forget_oldest(self) -> None:
        if len(self._refusals) >= MAX_REFUSED_FOR_GOOD:
            del self._refusals[next(iter(self._refusals))]
