"""What the spool's thread does: it takes work out of a queue, and commits in groups."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from queue import Empty, SimpleQueue

from edge.errors import SpoolError
from edge.messages import payloads
from edge.messages.ranges import Range
from edge.spool.records import EventRow, Purged, Replayed
from edge.spool.storage.reopening import recreate, rescue
from edge.spool.storage.statistics import PassCounter
from edge.spool.storage.store import EventStore
from edge.system.pulse import Pulse
from edge.types import Event, Reason

GROUP_EVENTS = 20
"""Events that are committed without waiting."""
GROUP_S = 0.1
"""Shortest time between two commits, and so the longest that an event waits for its own."""
MOST_WAITING = 10_000
"""Events held in memory while the disk refuses them; beyond that the oldest are dropped."""
RETRY_S = 1.0
DISK_RETRY_S = 10.0
"""Between two tries to open a disk that could not be opened."""
LOOK_S = 1.0
"""Between two looks whether the file is still at its place, where nothing is written."""
PRUNE_EVERY_S = 3_600.0
PRUNE_AGAIN_S = 0.2
"""Between two deletions where there is much to prune, so that events come between."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outage:
    """A disk that cannot be used.

    Attributes:
        reason: Why, as one sentence.
        end: Moves a spool in memory to the disk, at a Unix time; raises SpoolError while it cannot.
    """

    reason: str
    end: Callable[[EventStore, float], EventStore]


class SpoolWriter:
    """Changes an open store, and says so; `run` does that for all threads but one.

    All methods belong to the thread that opened the store. A tool that opens a spool for itself uses
    them without `run`.
    """

    def __init__(self, store: EventStore, wall: Callable[[], float], outage: Outage | None = None) -> None:
        """`outage`: why `store` is in memory, and what ends that; None where it is a file."""
        self.store = store
        self.inbox: SimpleQueue[Work] = SimpleQueue()
        self.listeners: tuple[Callable[[], None], ...] = ()
        self.replays = 0
        self._wall = wall
        self._outage = outage
        self._disk_at = math.inf if outage is None else time.monotonic() + DISK_RETRY_S
        self._began = wall() - time.monotonic()
        self._passes = PassCounter()
        self._commit_at = 0.0
        self._retries = False
        self._error = ""
        self._full = self._dropping = False
        self._gone = False
        self._look_at = 0.0
        self._prune_at = 0.0
        self._running = True
        self._pulse = Pulse()

    @property
    def busy_s(self) -> float:
        """Seconds that the thread's present piece of work has taken, such as a commit."""
        return self._pulse.busy_s

    @property
    def problem(self) -> str:
        """What is wrong with the disk or the bounds, as one sentence; empty while all is well."""
        if self._outage is not None:
            return f"{self._outage.reason}; events are kept in memory only"
        if self._error:
            dropped = f", the latest {MOST_WAITING}; older ones are dropped" if self._dropping else ""
            return f"{self._error}; events wait in memory{dropped}"
        return "the spool is full: the oldest unsent events are dropped" if self._full else ""

    def run(self) -> None:
        """Does what others put into the queue, and commits, until `finish`."""
        while self._running:
            self.cycle()

    def cycle(self) -> None:
        """Prunes, commits or does the next piece of work, whichever is due first."""
        self._pulse.beat()
        now = time.monotonic()
        if now >= self._disk_at:
            self.return_to_disk()
        if now >= self._look_at:
            self._attempt(self.look)
        if now >= self._prune_at:
            self._attempt(self.prune)
        # Before the queue: while work keeps coming, a full group still goes to disk.
        wait = self._until_commit(now)
        if wait == 0.0:
            self._attempt(self.commit)
            return
        self._pulse.rest()
        try:
            due = min(self._prune_at, self._disk_at, self._look_at)
            work = self.inbox.get(timeout=min(wait, max(due - now, 0.0)))
        except Empty:
            return
        self._pulse.beat()
        work(self)

    def append(self, event: Event) -> None:
        """Adds an event to the next commit, or its sequence as lost; drops the oldest where too many wait."""
        pending = self.store.pending
        try:
            payload = payloads.encode(payloads.event_payload(event))
        except ValueError as error:
            _log.error("event %s is dropped, it cannot be written as JSON: %s", event.id, error)
            pending.add_lost(event.id.sequence, Reason.ENCODING)
            return
        # After the encoding: an event that is dropped is counted in no minute.
        minute = self._passes.count(event)
        if minute is not None:
            pending.add_minute(minute)
        pending.events.append(EventRow(event.id.sequence, payload, event.verdict.wall))
        if len(pending.events) > MOST_WAITING:
            oldest = pending.events.popleft().sequence
            pending.add_lost(oldest, Reason.DISK)
            self._note_dropping(oldest)

    def commit(self) -> None:
        """Writes what is pending.

        Raises:
            SpoolError: It cannot be written; all of it stays for the next try.
        """
        pending, now = self.store.pending, time.monotonic()
        if not pending:
            return
        try:
            # Before the write: what goes into a file without a name is gone with the process.
            self.look()
            dropped = self.store.write(self._wall())
        except SpoolError:
            self._commit_at, self._retries = now + RETRY_S, True
            if not self._gone:
                # On a full disk the log may have room that merging gives back.
                self.store.db.merge_log()
            raise
        self._commit_at, self._retries = now + GROUP_S, False
        self._dropping = False
        self._clear_error()
        if pending.events:
            self._note_full(dropped)
        if pending.events or pending.lost or pending.refused:
            self.notify()

    def replay(
        self, numbers: Range, epoch: str | None, sent_before: float = math.inf, *, announce: bool = True
    ) -> Replayed:
        """Makes acknowledged events unsent again; see `EventStore.replay`.

        Raises:
            SpoolError: The epoch is unknown, or the file cannot be written.
        """
        # What was acknowledged a moment ago is to be sent again as well.
        self.commit()
        found = self.store.replay(
            numbers, epoch or self.store.run_info.epoch, self._wall(), sent_before, announce=announce
        )
        if found.again or (announce and found.gone):
            self.replays += 1
            self.notify()
        return found

    def purge(self, before: float, *, unsent: bool) -> Purged:
        """Deletes events of before a Unix time.

        Raises:
            SpoolError: Nothing was deleted.
        """
        # What was appended or acknowledged a moment ago belongs to what is purged.
        self.commit()
        found = self.store.purge(before, self._wall(), unsent=unsent)
        self.notify()
        return found

    def prune(self) -> None:
        """Deletes some of what has been kept for long enough.

        Raises:
            SpoolError: The file cannot be written.
        """
        # First, so that a prune that fails waits for its time as well.
        self._prune_at = time.monotonic() + PRUNE_EVERY_S
        # No more time has passed than the monotonic clock says: a wall clock that jumps ages nothing.
        if self.store.prune(min(self._wall(), self._began + time.monotonic())):
            self._prune_at = time.monotonic() + PRUNE_AGAIN_S

    def return_to_disk(self) -> None:
        """Goes on in the file, where that can be opened by now."""
        if self._outage is None:
            return
        self._disk_at = time.monotonic() + DISK_RETRY_S
        try:
            self.commit()
            self.store = self._outage.end(self.store, self._wall())
        except SpoolError as error:
            if str(error) != self._outage.reason:
                _log.error("%s; events are kept in memory only", error)
                self._outage = replace(self._outage, reason=str(error))
                self.notify()
            return
        self._outage, self._disk_at = None, math.inf
        # Positions are others than before, so that readers have to begin anew.
        self.replays += 1
        _log.warning("the spool is on its disk again, with all that was decided meanwhile")
        self.notify()

    def look(self) -> None:
        """Goes on in a new file where the present one was deleted or replaced, with all that it held.

        Raises:
            SpoolError: None can be made: nothing is stored until one can.
        """
        self._look_at = time.monotonic() + LOOK_S
        if not self._gone and not self.store.db.gone:
            return
        sentence = f"the spool {self.store.db.path} was deleted or replaced while it was in use"
        if not self._gone:
            self._note_error(sentence)
            self.store, self._gone = rescue(self.store, self._wall()), True
        try:
            self.store = recreate(self.store, self._wall())
        except (SpoolError, OSError) as error:
            raise SpoolError(f"{sentence}, and no new one can be made: {error}") from None
        self._gone = False
        self._clear_error()

    def notify(self) -> None:
        """Calls the listeners."""
        for listener in self.listeners:
            try:
                listener()
            except Exception:
                # A listener belongs to another part of the program, and must not end this thread.
                _log.exception("a listener of the spool failed")

    def finish(self) -> None:
        """Commits for the last time, closes the file, and ends `run`."""
        self._running = False
        clean = True
        self.return_to_disk()
        try:
            self.commit()
        except SpoolError as error:
            # The next run is to announce them: the reservation stays.
            clean = False
            _log.error("%d events are lost: %s", self.store.waiting, error)
        if (self._gone or self._outage is not None) and self.store.usage.unsent:
            _log.error("%d events are lost, which no disk has taken and no broker", self.store.usage.unsent)
        self.store.close(clean=clean)

    def _until_commit(self, now: float) -> float:
        """Seconds until the next commit; without end where nothing is pending."""
        # While the disk refuses, a full group does not hasten the next try.
        if self.store.waiting >= GROUP_EVENTS and not self._retries:
            return 0.0
        return max(self._commit_at - now, 0.0) if self.store.pending else math.inf

    def _attempt(self, work: Callable[[], None]) -> None:
        """Does what may fail on a full or broken disk; says so once."""
        try:
            work()
        except SpoolError as error:
            self._note_error(str(error))

    def _note_error(self, error: str) -> None:
        if error != self._error:
            _log.error("%s; events wait in memory", error)
            self._error = error
            self.notify()

    def _clear_error(self) -> None:
        if self._error:
            _log.warning("the spool can be written again")
            self._error = ""
            self.notify()

    def _note_dropping(self, oldest: int) -> None:
        """Says once in an outage that memory holds no more of it."""
        if not self._dropping:
            self._dropping = True
            _log.error("too many events wait for the disk: from %d on the oldest are dropped", oldest)
            self.notify()

    def _note_full(self, dropped: int) -> None:
        """Notes whether the spool is full; says so when it becomes so."""
        if dropped and not self._full:
            _log.error("the spool is full: the oldest unsent events are dropped, and announced as gaps")
        self._full = bool(dropped)


Work = Callable[[SpoolWriter], object]
"""What another thread has done on the spool's."""
