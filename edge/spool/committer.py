"""The one thread that touches the spool's file: takes what others put into its queue, commits in groups."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue

from edge import messages
from edge.messages import Stored
from edge.spool.store import Life, Row, Store
from edge.types import Event, SpoolError

GROUP_S = 0.1
"""Shortest time between two commits, and so the longest that an event waits for its own."""

GROUP_EVENTS = 20
"""Events that are committed without waiting."""

RETRY_S = 1.0
MOST_WAITING = 10_000
"""Events held in memory while the disk refuses them; beyond that the oldest are dropped."""

PRUNE_EVERY_S = 3_600.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """A broker has acknowledged these events."""

    sequences: tuple[int, ...]


@dataclass(slots=True)
class _Group:
    """What the next commit takes, and the monotonic time before which it need not come."""

    rows: list[Row] = field(default_factory=list)
    sent: set[int] = field(default_factory=set)
    not_before: float = 0.0
    refused: bool = False

    def wait(self, now: float) -> float | None:
        """Seconds until the commit; None where there is nothing to commit."""
        if not self.rows and not self.sent:
            return None
        if len(self.rows) >= GROUP_EVENTS and not self.refused:
            return 0.0
        return max(self.not_before - now, 0.0)


class Committer:
    """What runs on the one thread that touches the file."""

    def __init__(self, keep_s: float, wall: Callable[[], float]) -> None:
        self.inbox: SimpleQueue[Item] = SimpleQueue()
        self.listeners: tuple[Callable[[], None], ...] = ()
        self.depth = 0
        self._keep_s = keep_s
        self._wall = wall
        self._group = _Group()
        self._complaint = ""
        self._prune_at = 0.0
        self._running = True
        self._store: Store

    def run(self, path: Path, opened: Future[Life]) -> None:
        """The life of the thread."""
        try:
            self._store = Store(path, self._wall())
        except BaseException as error:
            opened.set_exception(error)
            return
        self.depth = self._store.life.unsent
        opened.set_result(self._store.life)
        self._guard(self._prune)
        while self._running:
            self._turn()

    def _turn(self) -> None:
        wait = self._group.wait(time.monotonic())
        if wait == 0.0:
            self._guard(self.commit)
            self._guard(self._prune)
            return
        try:
            item = self.inbox.get(timeout=wait)
        except Empty:
            return
        if isinstance(item, Event):
            self._take(item)
        elif isinstance(item, Sent):
            self._group.sent.update(item.sequences)
        else:
            item(self)

    def _take(self, event: Event) -> None:
        try:
            payload = messages.encode(messages.event_payload(event))
        except ValueError as error:
            _log.error("event %s is dropped, it cannot be written as JSON: %s", event.id, error)
            return
        rows = self._group.rows
        rows.append(Row(Stored(event.id.sequence, payload), event.verdict.wall))
        self.depth += 1
        if len(rows) > MOST_WAITING:
            _log.error("event %d is dropped, too many wait for the disk", rows.pop(0).event.sequence)
            self.depth -= 1

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """What is committed and neither marked as sent nor about to be."""
        marked = self._group.sent
        found = self._store.unsent(after, limit + len(marked))
        return tuple(event for event in found if event.sequence not in marked)[:limit]

    def commit(self) -> None:
        """Writes the group; on an error all of it stays for the next try."""
        group, now = self._group, time.monotonic()
        try:
            added, marked = self._store.write(group.rows, group.sent, self._wall())
        except SpoolError:
            group.not_before, group.refused = now + RETRY_S, True
            raise
        self._group = _Group(not_before=now + GROUP_S)
        self._complaint = ""
        self.depth -= marked + len(group.rows) - added
        if added < len(group.rows):
            _log.error("%d events have numbers that were given before", len(group.rows) - added)
        if added:
            self.tell()

    def tell(self) -> None:
        """Calls the listeners."""
        for listener in self.listeners:
            try:
                listener()
            except Exception:
                _log.exception("a listener of the spool failed")

    def finish(self) -> None:
        """Commits for the last time and ends the thread."""
        self._running = False
        try:
            self.commit()
        except SpoolError as error:
            _log.error("%d events are lost: %s", len(self._group.rows), error)
        self._store.close()

    def _guard(self, work: Callable[[], None]) -> None:
        """Does what may fail on a full or broken disk; says so once."""
        try:
            work()
        except SpoolError as error:
            if str(error) != self._complaint:
                _log.error("%s; events wait in memory", error)
            self._complaint = str(error)

    def _prune(self) -> None:
        now = time.monotonic()
        if now >= self._prune_at:
            self._prune_at = now + PRUNE_EVERY_S
            self._store.prune(self._wall() - self._keep_s)


Item = Event | Sent | Callable[[Committer], None]
