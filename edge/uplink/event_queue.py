"""Events on their way out of the spool, in order; one that was refused comes again after a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from edge.messages.payloads import Stored
from edge.uplink.ports import SpoolReader


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event, with the lane that it came from."""

    event: Stored
    cursor: SpoolCursor


class EventQueue:
    """New events and those that waited, in two lanes; a quarter of the window is for the new ones alone."""

    def __init__(self, reader: SpoolReader, skipped: AbstractSet[int] = frozenset()) -> None:
        """`skipped`: places of events that are left for another connection.

        Raises:
            SpoolError: The spool cannot be read.
        """
        self._reader = reader
        self._skipped = skipped
        self._live = SpoolCursor(reader.unsent, reader.newest())
        self._backlog = SpoolCursor(reader.unsent, EVERYTHING)
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
        waits = [wait for cursor in (self._live, self._backlog) if (wait := cursor.wait(now)) is not None]
        return min(waits) if waits else None

    def next(self, now: float, window: int) -> QueuedEvent | None:
        """The next event; None where there is none, or none that the window has room for.

        Raises:
            SpoolError: The spool cannot be read.
        """
        event = self._live.next(now)
        cursor = self._live
        if event is None and self._share < max(window - window // 4, 1):
            cursor, event = self._backlog, self._next_of_backlog(now)
        if event is None:
            return None
        self._busy.add(event.position)
        self._share += cursor is self._backlog
        return QueuedEvent(event, cursor)

    def sent(self, queued: QueuedEvent) -> None:
        """The broker has it; the spool is told with the next `settle`."""
        self._land(queued)
        queued.cursor.settled(queued.event.position)
        self._done.append(queued.event.position)

    def refused(self, queued: QueuedEvent, now: float) -> None:
        """The broker has not taken it for now."""
        self._land(queued)
        queued.cursor.refused(queued.event, now)

    def give_up(self, queued: QueuedEvent) -> None:
        """No broker will ever take it: it becomes a gap.

        Raises:
            SpoolError: The spool is closed.
        """
        self._land(queued)
        queued.cursor.settled(queued.event.position)
        self._reader.give_up((queued.event.position,))

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
            if not self._held(event.position):
                return event
        return None

    def _held(self, position: int) -> bool:
        """Whether an event that is unsent is taken care of already, or to be left alone."""
        return position in self._busy or position in self._skipped or self._live.holds(position)

    def _land(self, queued: QueuedEvent) -> None:
        self._busy.discard(queued.event.position)
        self._share -= queued.cursor is self._backlog


PAGE = 100
"""Events that are read from the spool at once."""
EVERYTHING = -1
"""The place before the first one."""
MOST_REFUSED = 1_000
"""Refused events that are kept here; who refuses so many is given no more until it takes some."""
AGAIN_FIRST_S = 0.5
AGAIN_LONGEST_S = 60.0
Read = Callable[[int, int], tuple[Stored, ...]]
"""Unsent events in order: those with places beyond the first argument, at most as many as the second."""


@dataclass(slots=True)
class _Refusal:
    """An event that the broker did not take: when to send it again, None while it is on its way."""

    event: Stored
    due: float | None
    times: int


class SpoolCursor:
    """Goes through the spool in one direction; `begin_anew` has it start over.

    `passed` is the highest place that was given out.
    """

    def __init__(self, read: Read, after: int) -> None:
        """`after`: the place beyond which this lane begins."""
        self.passed = after
        self._read = read
        self._page: deque[Stored] = deque()
        self._more = True
        self._refusals: dict[int, _Refusal] = {}

    @property
    def empty(self) -> bool:
        """Whether all that there was is given out and was taken."""
        return not (self._more or self._page or self._refusals)

    def changed(self) -> None:
        """There may be more to read."""
        self._more = True

    def begin_anew(self) -> None:
        """Reads all of it again."""
        self.passed = EVERYTHING
        self._page.clear()
        self._more = True

    def holds(self, position: int) -> bool:
        """Whether the lane itself keeps this event for later."""
        return position in self._refusals

    def next(self, now: float, upto: int | None = None) -> Stored | None:
        """The next event; None where there is none for now.

        Args:
            now: Monotonic time.
            upto: The last place that is of interest; None for all.

        Raises:
            SpoolError: The spool cannot be read.
        """
        return self._due(now) or self._fresh(upto)

    def refused(self, event: Stored, now: float) -> None:
        """The broker did not take an event; it comes again, the later the oftener that happened."""
        known = self._refusals.get(event.position)
        times = 0 if known is None else known.times + 1
        wait = min(AGAIN_FIRST_S * 2.0 ** min(times, 16), AGAIN_LONGEST_S)
        self._refusals[event.position] = _Refusal(event, now + wait, times)

    def settled(self, position: int) -> None:
        """An event needs no more care."""
        self._refusals.pop(position, None)

    def wait(self, now: float) -> float | None:
        """Seconds until a refused event is due; None where none waits."""
        times = [refusal.due for refusal in self._refusals.values() if refusal.due is not None]
        return max(min(times) - now, 0.0) if times else None

    def _due(self, now: float) -> Stored | None:
        due = [
            position
            for position, refusal in self._refusals.items()
            if refusal.due is not None and refusal.due <= now
        ]
        if not due:
            return None
        refusal = self._refusals[min(due)]
        refusal.due = None
        return refusal.event

    def _fresh(self, upto: int | None) -> Stored | None:
        while len(self._refusals) < MOST_REFUSED and self._has_page():
            if upto is not None and self._page[0].position > upto:
                self._page.clear()
                self._more = False
                return None
            event = self._page.popleft()
            self.passed = event.position
            # One that was refused waits for its time, also when the lane comes by again.
            if event.position not in self._refusals:
                return event
        return None

    def _has_page(self) -> bool:
        if not self._page and self._more:
            self._page.extend(self._read(self.passed, PAGE))
            self._more = bool(self._page)
        return bool(self._page)
