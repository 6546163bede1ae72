"""What one transaction does to the rows of a spool, and to the counts of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from edge.messages.ranges import Range, ranges_of, without
from edge.spool.records import GENERATION_BITS, EventRow, Limits, LostRange, WriteBatch, sequence_of
from edge.spool.retention import Eviction, RowCounts, RowKind, next_drop
from edge.spool.storage import statistics
from edge.spool.storage.database import SpoolDatabase, Value
from edge.spool.storage.gaps import GapTable
from edge.types import Reason


@dataclass(slots=True)
class StoredCounts:
    """What the file holds; a copy is changed along with a transaction, and kept when that is committed."""

    stored: int
    unsent: int
    minutes: int
    dropped: int


def count(db: SpoolDatabase) -> StoredCounts:
    """Counts what a file holds."""
    (stored,) = db.one("SELECT count(*) FROM event")
    (unsent,) = db.one("SELECT count(*) FROM event WHERE sent_at IS NULL")
    return StoredCounts(stored, unsent, statistics.count_minutes(db), sum(statistics.dropped(db).values()))


class Transaction:
    """The changes of one transaction, at one Unix time."""

    def __init__(self, db: SpoolDatabase, gaps: GapTable, counts: StoredCounts, wall: float) -> None:
        self.counts = counts
        self._db = db
        self._gaps = gaps
        self._wall = wall

    def insert(self, rows: Iterable[tuple[int, EventRow]]) -> int:
        """Stores events at places that are free; how many."""
        # IGNORE: a number that was given before must not keep the others from the disk; the caller logs it.
        added = self._db.many(
            "INSERT OR IGNORE INTO event (place, payload, wall, seal) "
            "VALUES (?1, ?2, ?3, seal(?1, ?2, ?3, NULL))",
            ((position, row.payload, row.wall) for position, row in rows),
        )
        self.counts.stored += added
        self.counts.unsent += added
        return added

    def mark_sent(self, positions: Iterable[int]) -> None:
        """Notes acknowledgements of events."""
        self.counts.unsent -= self._db.many(
            "UPDATE event SET sent_at = ?1, seal = seal(place, payload, wall, ?1) "
            "WHERE place = ?2 AND sent_at IS NULL",
            ((self._wall, position) for position in positions),
        )

    def give_up(self, positions: Iterable[int]) -> None:
        """Gives up on events that no broker will take: they become gaps, but stay for a replay."""
        # One that was dropped or acknowledged meanwhile needs no gap.
        refused = [
            position
            for position in positions
            if self._db.all("SELECT 1 FROM event WHERE place = ? AND sent_at IS NULL", (position,))
        ]
        self.mark_sent(refused)
        self._lose(refused, Reason.REFUSED)

    def mark_gaps_sent(self, positions: Iterable[int]) -> None:
        """Notes acknowledgements of gaps."""
        self._gaps.mark_sent(positions, self._wall)

    def add_statistics(self, batch: WriteBatch) -> None:
        """Adds minutes, and replaces marks."""
        if batch.minutes:
            statistics.add_minutes(self._db, batch.minutes.values())
            # Counted: an upsert does not say how many of its rows were new.
            self.counts.minutes = statistics.count_minutes(self._db)
        if batch.marks:
            statistics.set_marks(self._db, batch.marks.values())

    def lose(self, epoch: str, lost: Iterable[LostRange]) -> None:
        """Records events that never reached the file."""
        for item in lost:
            self._announce(epoch, [item.numbers], item.reason)

    def make_unsent(self, first: int, last: int, sent_before: float) -> int:
        """Makes acknowledged events between two places unsent; how many."""
        again = self._db.execute(
            "UPDATE event SET sent_at = NULL, seal = seal(place, payload, wall, NULL) "
            "WHERE place BETWEEN ? AND ? AND sent_at < ?",
            (first, last, sent_before),
        )
        self.counts.unsent += again
        return again

    def announce_gone(self, epoch: str, gone: Sequence[Range]) -> None:
        """Has numbers announced, once more or for the first time, that are no longer in the file."""
        for item in gone:
            known = self._gaps.announce_again(epoch, item)
            rest = without(item, known)
            self._gaps.add(epoch, rest, Reason.EXPIRED, self._wall)

    def delete_sent(self, column: str, before: float, limit: int = -1) -> int:
        """Deletes acknowledged events by their `wall` or `sent_at`; how many."""
        gone = self._db.execute(
            f"DELETE FROM event WHERE place IN (SELECT place FROM event "  # noqa: S608
            f"WHERE sent_at IS NOT NULL AND {column} < ? LIMIT ?)",
            (before, limit),
        )
        self.counts.stored -= gone
        return gone

    def delete_others(self, before: float, limit: int = -1) -> int:
        """Deletes announced gaps, minutes and marks of before a Unix time; how many."""
        gone = statistics.prune(self._db, before, limit)
        self.counts.minutes = statistics.count_minutes(self._db)
        return gone

    def drop_unsent(self, condition: str, value: Value, reason: Reason) -> int:
        """Deletes events that no broker has, and records them as lost; how many."""
        rows = self._db.all(f"SELECT place FROM event WHERE sent_at IS NULL AND {condition}", (value,))  # noqa: S608
        positions = [position for (position,) in rows]
        self._db.many("DELETE FROM event WHERE place = ?", rows)
        self.counts.stored -= len(positions)
        self.counts.unsent -= len(positions)
        self._lose(positions, reason)
        return len(positions)

    def make_room(self, limits: Limits) -> int:
        """Drops until the bounds hold; how many unsent events had to go."""
        before = self.counts.unsent
        while drop := next_drop(
            RowCounts(self.counts.stored - self.counts.unsent, self.counts.minutes, self.counts.unsent),
            self.counts.stored - limits.max_events,
            self._db.bytes() - limits.max_bytes,
        ):
            self._drop(drop)
        return before - self.counts.unsent

    def _drop(self, drop: Eviction) -> None:
        if drop.kind is RowKind.ACKNOWLEDGED:
            self.counts.stored -= self._db.execute(
                "DELETE FROM event WHERE place IN "
                "(SELECT place FROM event WHERE sent_at IS NOT NULL ORDER BY sent_at, place LIMIT ?)",
                (drop.count,),
            )
        elif drop.kind is RowKind.MINUTES:
            self.counts.minutes -= self._db.execute(
                "DELETE FROM minute WHERE start IN (SELECT start FROM minute ORDER BY start LIMIT ?)",
                (drop.count,),
            )
        else:
            oldest = "place IN (SELECT place FROM event WHERE sent_at IS NULL ORDER BY place LIMIT ?)"
            self.drop_unsent(oldest, drop.count, Reason.SPOOL_FULL)

    def _lose(self, positions: Iterable[int], reason: Reason) -> None:
        """Records places of events of whatever epoch as lost."""
        by_generation: defaultdict[int, list[int]] = defaultdict(list)
        for position in positions:
            by_generation[position >> GENERATION_BITS].append(sequence_of(position))
        for generation, sequences in by_generation.items():
            (epoch,) = self._db.one("SELECT name FROM epoch WHERE generation = ?", (generation,))
            self._announce(epoch, ranges_of(sequences), reason)

    def _announce(self, epoch: str, numbers: Sequence[Range], reason: Reason) -> None:
        self._gaps.add(epoch, numbers, reason, self._wall)
        events = sum(map(len, numbers))
        statistics.count_dropped(self._db, reason, events)
        self.counts.dropped += events
