"""The one thread that touches the spool's file: takes what others put into its queue, commits in groups."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import Enum, auto
from pathlib import Path
from queue import Empty, SimpleQueue

from edge.errors import SpoolError
from edge.messages import payloads
from edge.messages.payloads import Stored
from edge.messages.ranges import Range
from edge.spool.records import ConsumerMark, EventRow, Limits, LostRange, Replayed, WriteBatch
from edge.spool.storage import statistics
from edge.spool.storage.opening import OpenedStore, open_store
from edge.spool.storage.statistics import PassCounter
from edge.spool.storage.store import EventStore, RunInfo
from edge.telemetry.records import Minute, SpoolUsage
from edge.types import Event, Gap, Reason

GROUP_EVENTS = 20
"""Events that are committed without waiting."""
MOST_WAITING = 10_000
"""Events held in memory while the disk refuses them; beyond that the oldest are dropped."""
_log = logging.getLogger(__name__)


class DeliveryResult(Enum):
    """What has become of something that was handed out for sending."""

    SENT = auto()
    GIVEN_UP = auto()
    TOLD = auto()


@dataclass(frozen=True, slots=True)
class Delivery:
    """Events, or gaps that were told, by their places."""

    fate: DeliveryResult
    positions: tuple[int, ...]


Note = Delivery | Minute | ConsumerMark


@dataclass(slots=True)
class CommitGroup:
    """What the next commit takes, and the monotonic time before which it need not come."""

    batch: WriteBatch = field(default_factory=WriteBatch)
    not_before: float = 0.0
    refused: bool = False

    def wait(self, now: float) -> float | None:
        """Seconds until the commit; None where there is nothing to commit."""
        if not self.batch:
            return None
        if len(self.batch.rows) >= GROUP_EVENTS and not self.refused:
            return 0.0
        return max(self.not_before - now, 0.0)

    def take(self, event: Event, tally: PassCounter) -> None:
        """Takes an event up, or its number as lost; where too many wait, the oldest is lost."""
        try:
            payload = payloads.encode(payloads.event_payload(event))
        except ValueError as error:
            _log.error("event %s is dropped, it cannot be written as JSON: %s", event.id, error)
            self._lose(event.id.sequence, Reason.ENCODING)
            return
        minute = tally.count(event)
        if minute is not None:
            self.batch.add_minute(minute)
        rows = self.batch.rows
        rows.append(EventRow(event.id.sequence, payload, event.verdict.wall))
        if len(rows) > MOST_WAITING:
            oldest = rows.popleft().sequence
            if self._lose(oldest, Reason.DISK):
                _log.error("too many events wait for the disk: from %d on the oldest are dropped", oldest)

    def note(self, item: Note) -> None:
        """Takes anything but an event up."""
        match item:
            case Delivery(DeliveryResult.SENT, positions):
                self.batch.sent.update(positions)
            case Delivery(DeliveryResult.GIVEN_UP, positions):
                self.batch.refused.update(positions)
            case Delivery(_, positions):
                self.batch.told.update(positions)
            case Minute():
                self.batch.add_minute(item)
            case ConsumerMark():
                self.batch.marks[item.consumer, item.epoch] = item

    def _lose(self, sequence: int, reason: Reason) -> bool:
        """Remembers a number that never reached the file; whether it does not adjoin the one before."""
        lost = self.batch.lost
        if lost and lost[-1].reason is reason and lost[-1].numbers.last + 1 == sequence:
            lost[-1] = LostRange(Range(lost[-1].numbers.first, sequence), reason)
            return False
        lost.append(LostRange(Range(sequence, sequence), reason))
        return True


GROUP_S = 0.1
"""Shortest time between two commits, and so the longest that an event waits for its own."""
RETRY_S = 1.0
PRUNE_EVERY_S = 3_600.0
PRUNE_AGAIN_S = 0.2
"""Between two helpings where there is much to prune, so that events come between."""


class SpoolWriter:
    """What runs on the one thread that touches the file."""

    def __init__(self, limits: Limits, wall: Callable[[], float]) -> None:
        self.inbox: SimpleQueue[Item] = SimpleQueue()
        self.listeners: tuple[Callable[[], None], ...] = ()
        self.complaint = ""
        self.full = False
        self.replays = 0
        self.figures = SpoolUsage(0, 0, 0, 0)
        self.store: EventStore
        self._limits = limits
        self._wall = wall
        self._began = wall() - time.monotonic()
        self._group = CommitGroup()
        self._tally = PassCounter()
        self._prune_at = 0.0
        self._running = True

    def run(self, path: Path, opened: Future[tuple[RunInfo, str]]) -> None:
        """The life of the thread."""
        try:
            found: OpenedStore = open_store(path, self._wall(), self._limits)
        except BaseException as error:
            opened.set_exception(error)
            return
        self.store = found.store
        self._account()
        opened.set_result((self.store.life, found.problem))
        self._guard(self._prune)
        while self._running:
            self._cycle()

    @property
    def problem(self) -> str:
        """What is wrong with the disk or the bounds, as one sentence; empty while all is well."""
        if self.complaint:
            return f"{self.complaint}; events wait in memory"
        return "the spool is full: the oldest unsent events are dropped" if self.full else ""

    @property
    def waiting(self) -> int:
        """Events that are not on disk yet."""
        return len(self._group.batch.rows)

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """What is committed and neither marked as sent nor about to be."""
        batch = self._group.batch
        marked = batch.sent | batch.refused
        found = self.store.unsent(after, limit + len(marked))
        return tuple(event for event in found if event.position not in marked)[:limit]

    def commit(self) -> None:
        """Writes the group; on an error all of it stays for the next try."""
        group, now = self._group, time.monotonic()
        if not group.batch:
            return
        try:
            written = self.store.write(group.batch, self._wall())
        except SpoolError:
            group.not_before, group.refused = now + RETRY_S, True
            self.store.db.merge_log()
            raise
        self._group = CommitGroup(not_before=now + GROUP_S)
        self._recover()
        self._account()
        if written.added < len(group.batch.rows):
            _log.error("%d events have numbers that were given before", len(group.batch.rows) - written.added)
        if group.batch.rows:
            self._fill_up(written.dropped)
        if group.batch.rows or group.batch.lost or group.batch.refused:
            self.tell()

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """What is committed and not marked as told."""
        told = self._group.batch.told
        found = self.store.gaps.unsent(limit + len(told))
        return tuple(gap for gap in found if gap.position not in told)[:limit]

    def marks(self) -> tuple[ConsumerMark, ...]:
        """The marks of all consumers, those included that are not on disk yet."""
        known = {(mark.consumer, mark.epoch): mark for mark in statistics.marks(self.store.db)}
        return tuple((known | self._group.batch.marks).values())

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """What is committed of the minutes between two Unix times."""
        return statistics.minutes(self.store.db, first, last)

    def replay(
        self, numbers: Range, epoch: str | None, sent_before: float = math.inf, *, announce: bool = True
    ) -> Replayed:
        """Makes acknowledged events unsent again, those included whose mark is not on disk yet."""
        self.commit()
        found = self.store.replay(
            numbers, epoch or self.store.life.epoch, self._wall(), sent_before, announce=announce
        )
        if found.again or found.gone:
            self.replays += 1
            self._account()
            self.tell()
        return found

    def purge(self, before: float, *, unsent: bool) -> tuple[int, int]:
        """Deletes events of before a Unix time; how many acknowledged and unsent ones."""
        self.commit()
        found = self.store.purge(before, self._wall(), unsent=unsent)
        self._account()
        self.tell()
        return found

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
        clean = True
        try:
            self.commit()
        except SpoolError as error:
            clean = False
            _log.error("%d events are lost: %s", self.waiting, error)
        self.store.close(clean=clean)

    def _cycle(self) -> None:
        now = time.monotonic()
        if now >= self._prune_at:
            self._guard(self._prune)
        wait = self._group.wait(now)
        if wait == 0.0:
            self._guard(self.commit)
            return
        until_prune = max(self._prune_at - now, 0.0)
        try:
            item = self.inbox.get(timeout=until_prune if wait is None else min(wait, until_prune))
        except Empty:
            return
        self._take(item)

    def _take(self, item: Item) -> None:
        if isinstance(item, Event):
            self._group.take(item, self._tally)
        elif callable(item):
            item(self)
        else:
            self._group.note(item)

    def _account(self) -> None:
        self.figures = self.store.figures()

    def _fill_up(self, dropped: int) -> None:
        """Notes whether the spool is full; says so when it becomes so."""
        if dropped and not self.full:
            _log.error("the spool is full: the oldest unsent events are dropped, and announced as gaps")
        self.full = bool(dropped)

    def _guard(self, work: Callable[[], None]) -> None:
        """Does what may fail on a full or broken disk; says so once."""
        try:
            work()
        except SpoolError as error:
            if str(error) != self.complaint:
                _log.error("%s; events wait in memory", error)
                self.complaint = str(error)
                self.tell()

    def _recover(self) -> None:
        if self.complaint:
            _log.warning("the spool can be written again")
            self.complaint = ""
            self.tell()

    def _prune(self) -> None:
        self._prune_at = time.monotonic() + PRUNE_EVERY_S
        # No more time has passed than the monotonic clock says: a wall clock that jumps ages nothing.
        if self.store.prune(min(self._wall(), self._began + time.monotonic())):
            self._prune_at = time.monotonic() + PRUNE_AGAIN_S
        self._account()


Item = Event | Note | Callable[[SpoolWriter], None]
