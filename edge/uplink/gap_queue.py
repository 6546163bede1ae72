"""Gaps on their way out of the spool."""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Set as AbstractSet

from edge.messages.payloads import gap_message
from edge.messages.topics import Topics
from edge.mqtt.reason_codes import PubackAction
from edge.types import Gap
from edge.uplink.inflight import OutgoingMessage
from edge.uplink.ports import SpoolReader

PAGE_OF_GAPS = 20


class GapQueue:
    """Announcements of numbers that will never come, in the order of their positions."""

    def __init__(
        self, reader: SpoolReader, topics: Topics, skipped: AbstractSet[Hashable] = frozenset()
    ) -> None:
        """`skipped`: gaps that this connection does not announce."""
        self._reader = reader
        self._topics = topics
        self._skipped = skipped
        self._handed_out: dict[Hashable, Gap] = {}
        self._more = True

    @property
    def empty(self) -> bool:
        """Whether there is nothing new to announce."""
        return not self._more

    def changed(self) -> None:
        """The spool has something new."""
        self._more = True

    def next(self) -> OutgoingMessage | None:
        """The next announcement; None where there is none.

        Raises:
            SpoolError: The spool cannot be read.
        """
        gap = self._next_gap() if self._more else None
        if gap is None:
            self._more = False
            return None
        self._handed_out[gap] = gap
        return OutgoingMessage(self._topics.gap, gap_message(self._topics.device, gap), self, gap)

    def sent(self, message: OutgoingMessage) -> None:
        """The broker has it.

        Raises:
            SpoolError: The spool is closed.
        """
        self._reader.mark_gaps_sent((self._handed_out.pop(message.key).position,))

    def refused(self, message: OutgoingMessage, _action: PubackAction, _now: float) -> None:
        """The broker has not taken it for now."""
        del self._handed_out[message.key]
        self._more = True

    def give_up(self, _message: OutgoingMessage) -> str:
        """It stays handed out, so that this connection does not announce it again."""
        return "it is left out"

    def _next_gap(self) -> Gap | None:
        # The spool begins with the oldest each time, so those that are passed over are read as well.
        limit = len(self._handed_out) + len(self._skipped) + PAGE_OF_GAPS
        for gap in self._reader.unsent_gaps(limit):
            if gap not in self._handed_out and gap not in self._skipped:
                return gap
        return None
