"""Events on their way out of the spool, in order; one that was refused comes again after a while."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from dataclasses import dataclass

from edge.messages.payloads import Stored
from edge.messages.topics import Topics
from edge.mqtt.reason_codes import PubackAction
from edge.spool import records
from edge.uplink.inflight import OutgoingMessage, allow_all
from edge.uplink.ports import SpoolReader

PAGE = 100
"""Events that are read from the spool at once."""
EVERYTHING = -1
"""The position before the first one."""
MAX_REFUSED = 1_000
"""Refused events in memory; a broker that has refused so many gets no new ones until it takes some."""
RETRY_FIRST_S = 0.5
RETRY_LONGEST_S = 60.0
OUTSIZED = 1.5
"""So many times as large as the smallest: larger than its fellows by far. All else differs by some digits."""
Read = Callable[[int, int], tuple[Stored, ...]]
"""Unsent events in order: those with positions beyond the first argument, at most as many as the second."""


@dataclass(frozen=True, slots=True)
class QueuedEvent:
    """An event that was handed out, with the cursor that it came from."""

    event: Stored
    cursor: SpoolCursor


class EventQueue:
    """New events and the backlog, each read by a cursor of its own.

    What is decided now is what people at the entrance see, so it does not wait behind a backlog of days:
    new events come first, and a quarter of the window is kept free of the backlog, so that a new event
    need not even wait for an acknowledgement. The rest of the window keeps the backlog moving.
    """

    def __init__(
        self, reader: SpoolReader, topics: Topics, left_out: Callable[[int], bool] = lambda _position: False
    ) -> None:
        """Reads where the backlog ends.

        Args:
            reader: The spool.
            topics: Where events are published; what was decided under another name goes to its topics.
            left_out: Whether an event, by its position, is not to be sent for now.

        Raises:
            SpoolError: The spool cannot be read.
        """
        self._reader = reader
        self._topics = topics
        self._passed_over: set[str] = set()
        self._left_out = left_out
        self._smallest: int | None = None
        self._live = SpoolCursor(self._read, reader.newest())
        self._backlog = SpoolCursor(self._read, EVERYTHING)
        self._replays = reader.replays
        self._in_flight: dict[Hashable, QueuedEvent] = {}
        self._backlog_in_flight = 0
        self._acknowledged: list[int] = []

    @property
    def empty(self) -> bool:
        """Whether all was sent and acknowledged."""
        handed_out = self._live.empty and self._backlog.empty and not self._passed_over
        return handed_out and not self._in_flight

    def changed(self) -> None:
        """The spool has something new.

        Raises:
            SpoolError: The spool cannot be read.
        """
        self._live.changed()
        if self._replays != self._reader.replays:
            self._replays = self._reader.replays
            # Positions go back only where a spool has moved from memory to its file.
            if (newest := self._reader.newest()) < self._live.passed:
                self._live.pass_over(newest)
            self.begin_anew()

    def begin_anew(self) -> None:
        """Events of any age may go (again), and only a cursor that starts over comes by them."""
        self._backlog.begin_anew()

    def wait(self, now: float, allowed: Callable[[str], bool] = allow_all) -> float | None:
        """Seconds until a refused event is due that may be published; None where none waits."""

        def wanted(event: Stored) -> bool:
            return allowed(self._topic(event))

        waits = [cursor.wait(now, wanted) for cursor in (self._live, self._backlog)]
        return min((wait for wait in waits if wait is not None), default=None)

    def next(
        self, now: float, window: int, allowed: Callable[[str], bool] = allow_all
    ) -> OutgoingMessage | None:
        """The next event; None where there is none, or none that the window has room for.

        Args:
            now: Monotonic time.
            window: Messages that may be in flight.
            allowed: Whether something may be published on a topic now.

        Raises:
            SpoolError: The spool cannot be read.
        """
        if any(allowed(topic) for topic in self._passed_over):
            self._passed_over.clear()
            self._backlog.begin_anew()
        # What is new is of the present name.
        event = self._live.next(now) if allowed(self._topics.event) else None
        cursor = self._live
        if event is None and self._backlog_in_flight < max(window - window // 4, 1):
            event, cursor = self._next_of_backlog(now, allowed), self._backlog
        if event is None:
            return None
        self._in_flight[event.position] = QueuedEvent(event, cursor)
        self._backlog_in_flight += cursor is self._backlog
        return OutgoingMessage(self._topic(event), event.payload, self, event.position, is_event=True)

    def sent(self, message: OutgoingMessage) -> None:
        """The broker has it; the spool learns of it with the next `settle`."""
        queued = self._landed(message)
        queued.cursor.settled(queued.event.position)
        self._acknowledged.append(queued.event.position)

    def refused(self, message: OutgoingMessage, _action: PubackAction, now: float) -> None:
        """The broker has not taken it for now."""
        queued = self._landed(message)
        queued.cursor.refused(queued.event, now)

    def give_up(self, message: OutgoingMessage) -> str:
        """No broker will ever take it: it becomes a gap.

        Raises:
            SpoolError: The spool is closed.
        """
        queued = self._landed(message)
        queued.cursor.settled(queued.event.position)
        self._reader.give_up((queued.event.position,))
        number = records.sequence_of(queued.event.position)
        return f"event {number} is given up and announced as a gap, a replay sends it again"

    def outsized(self, message: OutgoingMessage) -> bool:
        """Whether an event is larger than its fellows by far."""
        return self._smallest is not None and len(message.payload) > OUTSIZED * self._smallest

    def leave(self, message: OutgoingMessage) -> None:
        """This connection cannot carry it: it stays unsent in the spool, for another one."""
        queued = self._landed(message)
        queued.cursor.settled(queued.event.position)

    def settle(self) -> None:
        """Marks in the spool what was acknowledged.

        Raises:
            SpoolError: The spool is closed.
        """
        # The PUBACKs of a cycle together are one piece of work for the spool's thread.
        if self._acknowledged:
            self._reader.mark_sent(tuple(self._acknowledged))
            self._acknowledged.clear()

    def _read(self, after: int, limit: int) -> tuple[Stored, ...]:
        page = self._reader.unsent(after, limit)
        known = () if self._smallest is None else (self._smallest,)
        self._smallest = min((*known, *(len(event.payload) for event in page)), default=None)
        return page

    def _next_of_backlog(self, now: float, allowed: Callable[[str], bool]) -> Stored | None:
        while event := self._backlog.next(now, self._live.passed, lambda event: allowed(self._topic(event))):
            if self._held(event.position):
                continue
            if allowed(topic := self._topic(event)):
                return event
            # All of its epoch has the same name: later ones do not wait behind it.
            self._passed_over.add(topic)
            self._backlog.pass_over(event.position | records.SEQUENCE_MASK)
        return None

    def _topic(self, event: Stored) -> str:
        """Below the name under which it was decided."""
        return (self._topics if event.origin is None else self._topics.of_name(event.origin)).event

    def _held(self, position: int) -> bool:
        """Whether an event that is unsent is taken care of already, or to be left alone."""
        return position in self._in_flight or self._left_out(position) or self._live.holds(position)

    def _landed(self, message: OutgoingMessage) -> QueuedEvent:
        """Takes an event out of those in flight."""
        queued = self._in_flight.pop(message.key)
        self._backlog_in_flight -= queued.cursor is self._backlog
        return queued


@dataclass(slots=True)
class _Refusal:
    """An event that the broker did not take: when to send it again, None while it is in flight."""

    event: Stored
    due: float | None
    times: int


class SpoolCursor:
    """Goes through the spool in one direction; `begin_anew` has it start over.

    `passed` is the highest position that was handed out.
    """

    def __init__(self, read: Read, after: int) -> None:
        """`after`: the position beyond which it begins."""
        self.passed = after
        self._read = read
        self._page: deque[Stored] = deque()
        self._more = True
        self._refusals: dict[int, _Refusal] = {}

    @property
    def empty(self) -> bool:
        """Whether all that there was is handed out, and was taken."""
        return not (self._more or self._page or self._refusals)

    def changed(self) -> None:
        """There may be more to read."""
        self._more = True

    def begin_anew(self) -> None:
        """Reads all of it again."""
        self.passed = EVERYTHING
        self._page.clear()
        self._more = True

    def pass_over(self, position: int) -> None:
        """Goes on behind a position, for now."""
        self.passed = position
        self._page.clear()
        self._more = True

    def holds(self, position: int) -> bool:
        """Whether this event was refused and waits here for its next attempt."""
        return position in self._refusals

    def next(
        self, now: float, upto: int | None = None, wanted: Callable[[Stored], bool] = lambda _: True
    ) -> Stored | None:
        """The next event; None where there is none for now.

        Args:
            now: Monotonic time.
            upto: The last position that is of interest; None for all.
            wanted: Whether one that was refused may be tried again.

        Raises:
            SpoolError: The spool cannot be read.
        """
        return self._due(now, wanted) or self._fresh(upto)

    def refused(self, event: Stored, now: float) -> None:
        """The broker did not take an event; it comes again, after ever longer times."""
        known = self._refusals.get(event.position)
        times = 0 if known is None else known.times + 1
        # The exponent is bounded: the power for an event that is refused for days would not fit into a float.
        wait = min(RETRY_FIRST_S * 2.0 ** min(times, 16), RETRY_LONGEST_S)
        self._refusals[event.position] = _Refusal(event, now + wait, times)

    def settled(self, position: int) -> None:
        """An event needs no more care."""
        self._refusals.pop(position, None)

    def wait(self, now: float, wanted: Callable[[Stored], bool]) -> float | None:
        """Seconds until a refused event is due that is wanted; None where none waits."""
        times = [
            refusal.due
            for refusal in self._refusals.values()
            if refusal.due is not None and wanted(refusal.event)
        ]
        return max(min(times) - now, 0.0) if times else None

    def _due(self, now: float, wanted: Callable[[Stored], bool]) -> Stored | None:
        due = [
            position
            for position, refusal in self._refusals.items()
            if refusal.due is not None and refusal.due <= now and wanted(refusal.event)
        ]
        if not due:
            return None
        # The lowest position was decided first.
        refusal = self._refusals[min(due)]
        # It stays here while it is in flight, so that another refusal makes the next wait longer.
        refusal.due = None
        return refusal.event

    def _fresh(self, upto: int | None) -> Stored | None:
        while len(self._refusals) < MAX_REFUSED and self._has_page():
            if upto is not None and self._page[0].position > upto:
                # The rest is the live cursor's; only a replay lets this one begin anew.
                self._page.clear()
                self._more = False
                return None
            event = self._page.popleft()
            self.passed = event.position
            # One that was refused waits for its time, also when the cursor starts over and comes by again.
            if event.position not in self._refusals:
                return event
        return None

    def _has_page(self) -> bool:
        if not self._page and self._more:
            self._page.extend(self._read(self.passed, PAGE))
            self._more = bool(self._page)
        return bool(self._page)
