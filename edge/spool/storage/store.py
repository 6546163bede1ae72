"""One open spool file: what is written to it, read from it, and dropped from it."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

from edge.errors import SpoolError
from edge.messages.payloads import Stored
from edge.messages.ranges import Range, ranges_of, without
from edge.spool.records import GENERATION_BITS, Limits, Replayed, WriteBatch, WriteResult
from edge.spool.storage.database import SpoolDatabase
from edge.spool.storage.gaps import GapTable
from edge.spool.storage.schema import FORMAT
from edge.spool.storage.sequences import Reservation, SequenceReservations
from edge.spool.storage.transaction import Transaction, count
from edge.telemetry.records import DAY_S, SpoolUsage
from edge.types import Reason

RESERVE = 64
"""Numbers that are reserved at a time: so wide is the gap that a program leaves which ends without notice."""

MARGIN = 16
"""A reservation is renewed when fewer are left: more than are given between two commits."""


@dataclass(frozen=True, slots=True)
class RunInfo:
    """Where a spool stands when it is opened.

    Attributes:
        epoch: Made with the file, sorts by age, unique.
        generation: Counts the epochs whose events are in the file.
        run: How often the file has been opened, this time included.
        last_sequence: Highest sequence that was ever given, or may have been; 0 for a new file.
    """

    epoch: str
    generation: int
    run: int
    last_sequence: int


class EventStore:
    """One open spool file; used by the thread that opened it only."""

    def __init__(
        self, db: SpoolDatabase, numbers: SequenceReservations, life: RunInfo, limits: Limits
    ) -> None:
        self.db = db
        self.life = life
        self.gaps = GapTable(db)
        self._numbers = numbers
        self._limits = limits
        self._base = life.generation << GENERATION_BITS
        self._last = life.last_sequence
        self._reserved = 0
        self._counts = count(db)
        self._bytes = db.bytes()

    @property
    def last_sequence(self) -> int:
        """Highest sequence of the epoch that is stored or known to be lost."""
        return self._last

    @property
    def newest(self) -> int:
        """The place of that event."""
        return self._base | self._last

    def figures(self) -> SpoolUsage:
        """How full the file is after the last transaction."""
        return SpoolUsage(self._counts.unsent, self._counts.stored, self._bytes, self._counts.dropped)

    def reserve(self, upto: int) -> None:
        """Sees to it that the numbers after `upto` are not given again, should the program end now.

        Raises:
            SpoolError: The reservation could not be written.
        """
        if upto + MARGIN > self._reserved:
            self._numbers.write(Reservation(self.life.epoch, upto + RESERVE, FORMAT))
            self._reserved = upto + RESERVE

    def write(self, batch: WriteBatch, wall: float) -> WriteResult:
        """Stores a batch in one transaction, and drops what the bounds leave no room for.

        Raises:
            SpoolError: Nothing was stored.
        """
        ends = (*(row.sequence for row in batch.rows), *(lost.numbers.last for lost in batch.lost))
        last = max(self._last, *ends, 0)
        self.reserve(last)
        with self._change(wall) as change:
            added = change.insert((self._base | row.sequence, row) for row in batch.rows)
            change.mark(batch.sent)
            change.refuse(batch.refused)
            change.note(batch)
            change.lose(self.life.epoch, batch.lost)
            dropped = change.make_room(self._limits)
            if last > self._last:
                self._account(last, self._reserved)
        self._last = last
        return WriteResult(added, dropped)

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Events without an acknowledgement, in order, from the first place beyond `after`.

        Raises:
            SpoolError: The file cannot be read.
        """
        rows = self.db.all(
            "SELECT place, payload FROM event WHERE sent_at IS NULL AND place > ? ORDER BY place LIMIT ?",
            (after, limit),
        )
        return tuple(Stored(position, payload) for position, payload in rows)

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
            return Replayed(0, ())
        numbers = Range(numbers.first, min(numbers.last, last))
        base = generation << GENERATION_BITS
        ends = (base | numbers.first, base | numbers.last)
        with self._change(wall) as change:
            again = change.again(*ends, sent_before)
            kept = self.db.all("SELECT place FROM event WHERE place BETWEEN ? AND ?", ends)
            gone = without(numbers, ranges_of(position - base for (position,) in kept))
            if announce:
                change.announce_gone(epoch, gone)
        return Replayed(again, gone)

    def purge(self, before: float, wall: float, *, unsent: bool) -> tuple[int, int]:
        """Deletes what was decided before a Unix time.

        Args:
            before: Events, minutes, marks and announced gaps older than this go.
            wall: Unix time now.
            unsent: Also events that no broker has; these become gaps.

        Returns:
            How many acknowledged and how many unsent events went.

        Raises:
            SpoolError: Nothing was deleted.
        """
        with self._change(wall) as change:
            gone = change.forget_sent("wall", before)
            lost = change.drop_unsent("wall < ?", before, Reason.EXPIRED) if unsent else 0
            change.forget_notes(before)
        return gone, lost

    def prune(self, wall: float, limit: int = 500) -> bool:
        """Forgets some of what has been kept for long enough; whether there is more of it.

        Raises:
            SpoolError: The file cannot be written.
        """
        before = wall - self._limits.keep_days * DAY_S
        with self._change(wall) as change:
            events, others = change.forget_sent("sent_at", before, limit), change.forget_notes(before, limit)
        return events >= limit or others >= limit

    def close(self, *, clean: bool) -> None:
        """Merges the log into the file and lets it go.

        Args:
            clean: Whether every number that was given is accounted for: the reservation is given up then.
        """
        if clean:
            with contextlib.suppress(SpoolError):
                self._account(self._last, self._last)
                self.db.close()
                self._numbers.write(Reservation(self.life.epoch, self._last, FORMAT))
        self.db.close()
        self._numbers.close()

    def epoch(self, name: str) -> tuple[int, int]:
        """Generation and highest sequence of an epoch.

        Raises:
            SpoolError: It is unknown.
        """
        if name == self.life.epoch:
            return self.life.generation, self._last
        found = self.db.all("SELECT generation, last FROM epoch WHERE name = ?", (name,))
        if not found:
            raise SpoolError(f"the spool knows no epoch {name}; its own is {self.life.epoch}")
        return int(found[-1][0]), int(found[-1][1])

    def _account(self, last: int, reserved: int) -> None:
        self.db.execute(
            "UPDATE epoch SET last = ?, reserved = ? WHERE generation = ?",
            (last, reserved, self.life.generation),
        )

    @contextlib.contextmanager
    def _change(self, wall: float) -> Iterator[Transaction]:
        change = Transaction(self.db, self.gaps, replace(self._counts), wall)
        with self.db.transaction():
            yield change
        self._counts, self._bytes = change.counts, self.db.bytes()
