"""One open spool file: what is written to it, read from it, and dropped from it."""

from __future__ import annotations

import contextlib
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from edge.errors import SpoolError
from edge.messages.payloads import Stored
from edge.messages.ranges import Range, ranges_of, without
from edge.spool.records import GENERATION_BITS, ConsumerMark, Limits, Purged, Replayed, WriteBatch
from edge.spool.storage import epochs, statistics
from edge.spool.storage.database import SpoolDatabase
from edge.spool.storage.gaps import GapTable
from edge.spool.storage.schema import FORMAT
from edge.spool.storage.sequences import Reservation, Reservations
from edge.spool.storage.transaction import Transaction, count
from edge.telemetry.records import DAY_S, Minute, SpoolUsage
from edge.types import DeviceKey, Gap, Reason

RESERVE = 64
"""Numbers that are reserved at a time: so wide is the gap that a program leaves which ends without notice."""

MARGIN = 16
"""A reservation is renewed when fewer are left: more than are given between two commits."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Where a spool stands when it is opened.

    Attributes:
        epoch: Made with the file, sorts by age, unique.
        generation: Counts the epochs of the file.
        run: How often the file has been opened, this time included.
        last_sequence: Highest sequence that was ever given, or may have been; 0 for a new epoch.
        origin: Under which name sequences are given; None where nobody said.
    """

    epoch: str
    generation: int
    run: int
    last_sequence: int
    origin: DeviceKey | None = None


class EventStore:
    """One open spool file, and what waits for its next commit; used by the thread that opened it only.

    What waits counts as read: an event that was marked as sent is not unsent any more, whether that is
    on disk or not.
    """

    def __init__(self, db: SpoolDatabase, numbers: Reservations, run_info: RunInfo, limits: Limits) -> None:
        self.db = db
        self.run_info = run_info
        self.limits = limits
        self.pending = WriteBatch()
        self._gaps = GapTable(db)
        self._origins = epochs.origins(db)
        self.numbers = numbers
        self._base = run_info.generation << GENERATION_BITS
        self._last = run_info.last_sequence
        self._reserved = 0
        self._counts = count(db)
        self.usage = self._usage()

    @property
    def last_sequence(self) -> int:
        """Highest sequence of the epoch that is stored or known to be lost."""
        return self._last

    @property
    def newest(self) -> int:
        """The position of that event."""
        return self._base | self._last

    @property
    def waiting(self) -> int:
        """Events that are not on disk yet."""
        return len(self.pending.events)

    @property
    def losing(self) -> int:
        """Events that were dropped, which is not on disk yet."""
        return sum(len(lost.numbers) for lost in self.pending.lost)

    def reserve(self, upto: int) -> None:
        """Makes it durable that the numbers up to some way beyond `upto` may have been given.

        Raises:
            SpoolError: The reservation could not be written.
        """
        if upto + MARGIN > self._reserved:
            self.numbers.write(self._reservation(upto + RESERVE))
            self._reserved = upto + RESERVE

    def write(self, wall: float) -> int:
        """Commits what is pending in one transaction, and drops what the bounds leave no room for.

        Returns:
            How many unsent events were dropped.

        Raises:
            SpoolError: Nothing was stored; all of it is still pending.
        """
        batch = self.pending
        last = max(self._last, batch.last_sequence)
        # Before the events, so that no number can be durable that is not reserved.
        self.reserve(last)
        with self._transaction(wall) as transaction:
            added = transaction.insert((self._base | event.sequence, event) for event in batch.events)
            transaction.mark_sent(batch.sent)
            transaction.give_up(batch.refused)
            transaction.mark_gaps_sent(batch.announced)
            transaction.add_statistics(batch)
            transaction.lose(self.run_info.epoch, batch.lost)
            dropped = transaction.make_room(self.limits)
            # The reservation again, beside what was stored: for a spool whose file of reservations is lost.
            if last > self._last:
                self._account(last, self._reserved)
        self._last, self.pending = last, WriteBatch()
        if added < len(batch.events):
            _log.error("%d events have numbers that were given before", len(batch.events) - added)
        return dropped

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Committed events without acknowledgement, in order, from the first position beyond `after`.

        Raises:
            SpoolError: The file cannot be read.
        """
        # So many more are read, since these are still unsent in the file.
        marked = self.pending.sent | self.pending.refused
        rows = self.db.all(
            "SELECT place, payload FROM event WHERE sent_at IS NULL AND place > ? ORDER BY place LIMIT ?",
            (after, limit + len(marked)),
        )
        found = (
            Stored(position, payload, self._origins.get(position >> GENERATION_BITS))
            for position, payload in rows
            if position not in marked
        )
        return tuple(islice(found, limit))

    def unsent_gaps(self, limit: int) -> tuple[Gap, ...]:
        """The oldest committed gaps without acknowledgement; they do not grow any more.

        Raises:
            SpoolError: The file cannot be read.
        """
        announced = self.pending.announced
        found = self._gaps.unsent(limit + len(announced))
        return tuple(gap for gap in found if gap.position not in announced)[:limit]

    def origins(self) -> tuple[DeviceKey, ...]:
        """The names under which anything was decided that is kept here.

        Raises:
            SpoolError: The file cannot be read.
        """
        return epochs.kept(self.db)

    def marks(self) -> tuple[ConsumerMark, ...]:
        """What the consumers last said they have.

        Raises:
            SpoolError: The file cannot be read.
        """
        known = {(mark.consumer, mark.epoch): mark for mark in statistics.marks(self.db)}
        return tuple((known | self.pending.marks).values())

    def minutes(self, first: int, last: int) -> tuple[Minute, ...]:
        """The committed minutes that begin from one Unix time to another, both included, in order.

        Raises:
            SpoolError: The file cannot be read.
        """
        return statistics.minutes(self.db, first, last)

    def replay(
        self, numbers: Range, epoch: str, wall: float, sent_before: float = math.inf, *, announce: bool = True
    ) -> Replayed:
        """Has acknowledged events sent again, and announces those numbers that are no longer kept.

        Args:
            numbers: Sequences; those that were not given yet are left out.
            epoch: Whose they are.
            wall: Unix time now.
            sent_before: Only events that were acknowledged before this Unix time.
            announce: Whether the numbers that are no longer kept become a gap.

        Raises:
            SpoolError: The epoch is unknown, or the file cannot be written; nothing was changed.
        """
        generation, last = self.epoch(epoch)
        if numbers.first > last:
            return Replayed(0, 0, 0)
        numbers = Range(numbers.first, min(numbers.last, last))
        base = generation << GENERATION_BITS
        ends = (base | numbers.first, base | numbers.last)
        with self._transaction(wall) as transaction:
            again = transaction.make_unsent(*ends, sent_before)
            kept = self.db.all("SELECT place, sent_at IS NULL FROM event WHERE place BETWEEN ? AND ?", ends)
            gone = without(numbers, ranges_of(position - base for position, _ in kept))
            if announce:
                transaction.announce_gone(epoch, gone)
        waiting = sum(unsent for _, unsent in kept) - again
        return Replayed(again, waiting, sum(map(len, gone)))

    def purge(self, before: float, wall: float, *, unsent: bool) -> Purged:
        """Deletes what was decided before a Unix time.

        Args:
            before: Events, minutes, marks and announced gaps older than this go.
            wall: Unix time now.
            unsent: Also events that no broker has; these become gaps.

        Raises:
            SpoolError: Nothing was deleted.
        """
        with self._transaction(wall) as transaction:
            gone = transaction.delete_sent("wall", before)
            lost = transaction.drop_unsent("wall < ?", before, Reason.EXPIRED) if unsent else 0
            transaction.delete_others(before)
        return Purged(gone, lost)

    def prune(self, wall: float, limit: int = 500) -> bool:
        """Deletes some of what has been kept for long enough; whether there is more of it.

        Raises:
            SpoolError: The file cannot be written.
        """
        before = wall - self.limits.keep_days * DAY_S
        with self._transaction(wall) as transaction:
            events = transaction.delete_sent("sent_at", before, limit)
            others = transaction.delete_others(before, limit)
        return events >= limit or others >= limit

    def close(self, *, clean: bool) -> None:
        """Merges the log into the file and closes it.

        Args:
            clean: Whether every number that was given is accounted for: the reservation is given up then.
        """
        if clean:
            # The database first: until it is durable that no number is missing, the reservation stands.
            with contextlib.suppress(SpoolError):
                self._account(self._last, self._last)
                self.db.close()
                self.numbers.write(self._reservation(self._last))
        self.db.close()
        self.numbers.close()

    def epoch(self, name: str) -> tuple[int, int]:
        """Generation and highest sequence of an epoch.

        Raises:
            SpoolError: It is unknown.
        """
        if name == self.run_info.epoch:
            return self.run_info.generation, self._last
        found = self.db.all("SELECT generation, last FROM epoch WHERE name = ?", (name,))
        if not found:
            raise SpoolError(f"the spool knows no epoch {name}; its own is {self.run_info.epoch}")
        return int(found[-1][0]), int(found[-1][1])

    def _reservation(self, upto: int) -> Reservation:
        return Reservation(self.run_info.epoch, upto, FORMAT, self.run_info.origin)

    def _account(self, last: int, reserved: int) -> None:
        self.db.execute(
            "UPDATE epoch SET last = ?, reserved = ? WHERE generation = ?",
            (last, reserved, self.run_info.generation),
        )

    @contextlib.contextmanager
    def _transaction(self, wall: float) -> Iterator[Transaction]:
        transaction = Transaction(self.db, self._gaps, replace(self._counts), wall)
        with self.db.transaction():
            yield transaction
        # Only now: a transaction that failed has counted what is not there.
        self._counts = transaction.counts
        # Replaced as a whole: other threads read it without a lock.
        self.usage = self._usage()

    def _usage(self) -> SpoolUsage:
        counts = self._counts
        return SpoolUsage(counts.unsent, counts.stored, self.db.bytes(), counts.dropped)
