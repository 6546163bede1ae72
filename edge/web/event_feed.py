"""New events for all who listen: the daemon is asked once, however many do."""

from __future__ import annotations

import asyncio
from collections import deque

from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import PageRequest, StoredEvent

MOST_KEPT = 500
"""Who is farther behind asks the daemon alone."""


class EventFeed:
    """Keeps the latest events; each listener takes those that it has not had."""

    def __init__(self, client: SpoolClient) -> None:
        self._client = client
        self._asking = asyncio.Lock()
        self._events = deque[StoredEvent](maxlen=MOST_KEPT)
        self._begin, self._end = 0, -1
        """All events beyond the first position are kept, up to the second."""

    async def after(self, position: int, newest: int) -> tuple[StoredEvent, ...]:
        """Events beyond a position, in order; where there are many, the first of them.

        Args:
            position: Of the last event that the listener has had.
            newest: Of the newest event that there is.

        Raises:
            SpoolError: They cannot be read.
        """
        async with self._asking:
            if not self._begin <= self._end <= newest <= self._end + MOST_KEPT:
                # The first listener, or the first for long, or a spool that was begun anew.
                self._events.clear()
                self._begin = self._end = max(position, newest - MOST_KEPT)
            await self._read_up_to(newest)
            # Only now: what was read may have pushed out what this listener lacks.
            if position >= self._begin:
                return tuple(event for event in self._events if event.position > position)
        return await self._page(position)

    async def _read_up_to(self, newest: int) -> None:
        while self._end < newest:
            found = await self._page(self._end)
            # Events that are not there any more are waited for by nobody.
            self._end = found[-1].position if found else newest
            self._events.extend(found)
            if len(self._events) == MOST_KEPT:
                self._begin = max(self._begin, self._events[0].position - 1)

    async def _page(self, position: int) -> tuple[StoredEvent, ...]:
        return await asyncio.to_thread(self._client.page, PageRequest(after=position))
