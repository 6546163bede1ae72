"""Aggregates as retained messages, so that a dashboard needs no database."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from edge.collector import render, report
from edge.collector.acks import Message
from edge.collector.calendar import Calendar, Window
from edge.collector.database import Queries
from edge.collector.database.queries import ReportFilter
from edge.collector.report import ReportRow
from edge.messages.topics import PREFIX

EVERY_S = 60.0


class Summaries:
    """The present window of each calendar and the one before, for each device and each site."""

    def __init__(self, reading: Queries, calendars: Sequence[Calendar], prefix: str = PREFIX) -> None:
        """`prefix`: with what the topics begin."""
        self._reading = reading
        self._prefix = prefix
        self._calendars = calendars
        self._next = 0.0
        self._queue: deque[Message] = deque()
        self._said: dict[str, bytes] = {}

    def due(self, now: float, wall: float) -> Iterator[Message]:
        """What has changed, looked at once a minute; what is not taken stays due.

        Raises:
            StorageError: The database cannot be read.
        """
        if now >= self._next:
            for calendar in self._calendars:
                self._queue.extend(self._changed(calendar, wall))
            self._next = now + EVERY_S
        while self._queue:
            # Taken out only after the `yield`: what the broker has no room for stays due.
            message = self._queue[0]
            if self._said.get(message.topic) != message.payload:
                yield message
                self._said[message.topic] = message.payload
            self._queue.popleft()

    def _changed(self, calendar: Calendar, wall: float) -> Iterable[Message]:
        present = calendar.window(wall)
        # A second earlier lies in the window before, however long that one is.
        part = ReportFilter(since=calendar.window(present.start - 1).start, until=present.end)
        devices = report.rows(
            self._reading.passes(part),
            report.clip(self._reading.periods(part), part),
            calendar,
            self._reading.seen() or 0.0,
            wall,
        )
        for row in (*devices, *report.together(devices)):
            where = f"{self._prefix}/{topic(row, calendar, present)}"
            yield Message(where, render.summary(row, wall), retain=True)


def topic(row: ReportRow, calendar: Calendar, present: Window) -> str:
    """Where a row is published, below the prefix; the window before the present one is the `last`."""
    device = f"/{row.place.device}" if row.place.device else ""
    last = "" if row.window == present else "/last"
    return f"{row.place.site}/summary{device}/{calendar.kind}{last}"
