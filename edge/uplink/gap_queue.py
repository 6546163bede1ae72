"""Gaps on their way out of the spool."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from collections.abc import Set as AbstractSet

from edge.messages.payloads import gap_message
from edge.messages.topics import Topics
from edge.mqtt.reason_codes import PubackAction
from edge.types import Gap
from edge.uplink.inflight import OutgoingMessage, allow_all
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

    def next(self, allowed: Callable[[str], bool] = allow_all) -> OutgoingMessage | None:
        """The next announcement; None where there is none.

        Args:
            allowed: Whether something may be published on a topic now.

        Raises:
            SpoolError: The spool cannot be read.
        """
        if not self._more:
            return None
        self._more = False
        for gap in self._waiting():
            topics = self._topics_of(gap)
            # Of one that has to wait there is more.
            self._more = True
            if allowed(topics.gap):
                self._handed_out[gap] = gap
                return OutgoingMessage(topics.gap, gap_message(topics.origin, gap), self, gap)
        return None

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

    def _waiting(self) -> Iterator[Gap]:
        """The gaps that are neither on their way nor left out, in order."""
        limit, seen = len(self._handed_out) + len(self._skipped) + PAGE_OF_GAPS, 0
        while len(gaps := self._reader.unsent_gaps(limit)) > seen:
            for gap in gaps[seen:]:
                if gap not in self._handed_out and gap not in self._skipped:
                    yield gap
            limit, seen = limit * 2, len(gaps)

    def _topics_of(self, gap: Gap) -> Topics:
        """Those of the name under which the numbers were given."""
        return self._topics if gap.origin is None else self._topics.of_name(gap.origin)
