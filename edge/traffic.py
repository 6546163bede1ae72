"""What of the spool goes over one connection: gaps, new events, and events that waited, each in order.

Used by the sender thread only; takes time as an argument.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from edge.lanes import EVERYTHING, Lane
from edge.messages import Stored
from edge.types import Gap

PAGE_OF_GAPS = 20


class Reader(Protocol):
    """The reading side of the spool, as a connection needs it."""

    @property
    def replays(self) -> int:
        """How often events became unsent again."""

    def newest(self) -> int:
        """The place of the newest event; those to come lie beyond it."""

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Committed events without acknowledgement, in order, with places beyond `after`."""

    def mark_sent(self, sequences: tuple[int, ...]) -> None:
        """Says that the broker has acknowledged these."""

    def give_up(self, sequences: tuple[int, ...]) -> None:
        """Says that no broker will ever take these."""

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """The oldest gaps without acknowledgement."""

    def mark_gaps_sent(self, places: tuple[int, ...]) -> None:
        """Says that the broker has acknowledged these."""


@dataclass(frozen=True, slots=True)
class Cargo:
    """An event, with the lane that it came from."""

    event: Stored
    lane: Lane


class Events:
    """New events and those that waited, in two lanes; a quarter of the window is for the new ones alone."""

    def __init__(self, reader: Reader, skipped: AbstractSet[int] = frozenset()) -> None:
        """`skipped`: places of events that are left for another connection.

        Raises:
            SpoolError: The spool cannot be read.
        """
        self._reader = reader
        self._skipped = skipped
        self._live = Lane(reader.unsent, reader.newest())
        self._backlog = Lane(reader.unsent, EVERYTHING)
        self._replays = reader.replays
        self._busy: set[int] = set()
        self._share = 0
        self._done: list[int] = []

    @property
    def empty(self) -> bool:
        """Whether all was sent and answered."""
        return not self._busy and self._live.empty and self._backlog.empty

    def changed(self) -> None:
        """The spool has something new."""
        self._live.changed()
        if self._replays != self._reader.replays:
            self._replays = self._reader.replays
            self._backlog.begin_anew()

    def wait(self, now: float) -> float | None:
        """Seconds until a refused event is due; None where none waits."""
        waits = [wait for lane in (self._live, self._backlog) if (wait := lane.wait(now)) is not None]
        return min(waits) if waits else None

    def next(self, now: float, window: int) -> Cargo | None:
        """The next event; None where there is none, or none that the window has room for.

        Raises:
            SpoolError: The spool cannot be read.
        """
        event = self._live.next(now)
        lane = self._live
        if event is None and self._share < max(window - window // 4, 1):
            lane, event = self._backlog, self._next_of_backlog(now)
        if event is None:
            return None
        self._busy.add(event.sequence)
        self._share += lane is self._backlog
        return Cargo(event, lane)

    def sent(self, cargo: Cargo) -> None:
        """The broker has it; the spool is told with the next `settle`."""
        self._land(cargo)
        cargo.lane.settled(cargo.event.sequence)
        self._done.append(cargo.event.sequence)

    def refused(self, cargo: Cargo, now: float) -> None:
        """The broker has not taken it for now."""
        self._land(cargo)
        cargo.lane.refused(cargo.event, now)

    def give_up(self, cargo: Cargo) -> None:
        """No broker will ever take it: it becomes a gap.

        Raises:
            SpoolError: The spool is closed.
        """
        self._land(cargo)
        cargo.lane.settled(cargo.event.sequence)
        self._reader.give_up((cargo.event.sequence,))

    def settle(self) -> None:
        """Tells the spool what was sent.

        Raises:
            SpoolError: The spool is closed.
        """
        if self._done:
            self._reader.mark_sent(tuple(self._done))
            self._done.clear()

    def _next_of_backlog(self, now: float) -> Stored | None:
        while event := self._backlog.next(now, self._live.passed):
            if not self._held(event.sequence):
                return event
        return None

    def _held(self, place: int) -> bool:
        """Whether an event that is unsent is taken care of already, or to be left alone."""
        return place in self._busy or place in self._skipped or self._live.holds(place)

    def _land(self, cargo: Cargo) -> None:
        self._busy.discard(cargo.event.sequence)
        self._share -= cargo.lane is self._backlog


class Gaps:
    """Announcements of numbers that will never come."""

    def __init__(self, reader: Reader, left_out: AbstractSet[object] = frozenset()) -> None:
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
                if gap.place not in self._held and gap not in self._left_out:
                    self._held.add(gap.place)
                    return gap
            self._more = False
        return None

    def sent(self, gap: Gap) -> None:
        """The broker has it.

        Raises:
            SpoolError: The spool is closed.
        """
        self._held.discard(gap.place)
        self._reader.mark_gaps_sent((gap.place,))

    def refused(self, gap: Gap) -> None:
        """The broker has not taken it for now."""
        self._held.discard(gap.place)
        self._more = True
