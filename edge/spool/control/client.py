"""How a tool gets its answers: from the daemon that holds the spool, or from the file where none runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from edge.errors import SpoolError
from edge.spool.control import requests, server
from edge.spool.control.requests import (
    EpochInfo,
    PageRequest,
    PurgeRequest,
    ReplayRequest,
    Request,
    SpoolStats,
    StatsRequest,
    StoredEvent,
)
from edge.spool.records import ConsumerMark, Limits, Purged, Replayed
from edge.spool.storage.database import DamagedError
from edge.spool.storage.opening import REPAIR, look_into
from edge.spool.storage.store import EventStore
from edge.spool.writer import SpoolWriter
from edge.types import Reason


class SpoolClient:
    """Where the tools ask about one spool; a daemon may come or go between two questions."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._path = path
        self._limits = limits

    def page(self, asked: PageRequest) -> tuple[StoredEvent, ...]:
        """Some events in order.

        Raises:
            SpoolError: Nobody can tell.
        """
        return tuple(StoredEvent(**row) for row in self._ask(asked)["events"])

    def pages(self, asked: PageRequest) -> Iterator[StoredEvent]:
        """All events in order, asked for page by page; `limit` is the size of a page.

        Raises:
            SpoolError: Nobody can tell.
        """
        while found := self.page(asked):
            yield from found
            asked = replace(asked, after=found[-1].position)

    def stats(self) -> SpoolStats:
        """How things stand.

        Raises:
            SpoolError: Nobody can tell.
        """
        found = self._ask(StatsRequest())
        return SpoolStats(
            **{
                **found,
                "epochs": tuple(EpochInfo(**row) for row in found["epochs"]),
                "marks": tuple(ConsumerMark(**row) for row in found["marks"]),
                "dropped": {Reason(reason): events for reason, events in found["dropped"].items()},
            }
        )

    def replay(self, asked: ReplayRequest) -> Replayed:
        """Has events sent again.

        Raises:
            SpoolError: There are none such.
        """
        return Replayed(**self._ask(asked))

    def purge(self, asked: PurgeRequest) -> Purged:
        """Deletes old events.

        Raises:
            SpoolError: They cannot be deleted; all of them are still there.
        """
        return Purged(**self._ask(asked))

    def _ask(self, question: Request) -> dict[str, Any]:
        found = server.ask(self._path, question)
        if found is not None:
            return found
        # Pages are checked one by one: all of the file for each of many would take too long.
        with _held(self._path, self._limits, check=not isinstance(question, PageRequest)) as store:
            try:
                return requests.answer(SpoolWriter(store, time.time), question)
            except DamagedError as error:
                raise SpoolError(f"{error}; {REPAIR}") from None


@contextmanager
def _held(path: Path, limits: Limits, *, check: bool) -> Iterator[EventStore]:
    store = look_into(path, limits, check=check)
    try:
        yield store
    finally:
        store.close(clean=False)
