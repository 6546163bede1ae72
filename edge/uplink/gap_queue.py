"""Gaps on their way out of the spool."""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from edge.types import Gap
from edge.uplink.ports import SpoolReader

PAGE_OF_GAPS = 20


class GapQueue:
    """Announcements of numbers that will never come."""

    def __init__(self, reader: SpoolReader, left_out: AbstractSet[object] = frozenset()) -> None:
        """`left_out`: announcements on which the broker hangs up."""
        self._reader = reader
        self._left_out = left_out
        self._held: set[int] = set()
        self._more = True

    @property
    def empty(self) -> bool:
        """Whether there is nothing new to announce."""
        return not self._more

    def changed(self) -> None:
        """The spool has something new."""
        self._more = True

    def next(self) -> Gap | None:
        """The next announcement; None where there is none.

        Raises:
            SpoolError: The spool cannot be read.
        """
        if self._more:
            for gap in self._reader.unsent_gaps(len(self._held) + len(self._left_out) + PAGE_OF_GAPS):
                if gap.position not in self._held and gap not in self._left_out:
                    self._held.add(gap.position)
                    return gap
            self._more = False
        return None

    def sent(self, gap: Gap) -> None:
        """The broker has it.

        Raises:
            SpoolError: The spool is closed.
        """
        self._held.discard(gap.position)
        self._reader.mark_gaps_sent((gap.position,))

    def refused(self, gap: Gap) -> None:
        """The broker has not taken it for now."""
        self._held.discard(gap.position)
        self._more = True
