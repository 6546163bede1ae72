"""Gaps in the file: numbers that will never come, each kept until a broker has its announcement."""

from __future__ import annotations

from collections.abc import Iterable

from edge.messages.ranges import Range, merge
from edge.spool.storage.database import SpoolDatabase
from edge.spool.storage.epochs import origin_of
from edge.types import Gap, Reason

_NAMED = "(SELECT {} FROM epoch WHERE name = gap.epoch ORDER BY generation DESC LIMIT 1)"
_COLUMNS = ", ".join(
    (
        "place",
        "epoch",
        "number",
        "first",
        "last",
        "reason",
        "wall",
        _NAMED.format("site"),
        _NAMED.format("device"),
    )
)


class GapTable:
    """The gaps of one open file.

    A gap grows by what adjoins it for the same reason, until a reader has seen it: from then on its
    announcement may be on its way, and the same id must never say something else. Gaps of an earlier
    run may have been seen.
    """

    def __init__(self, db: SpoolDatabase) -> None:
        self._db = db
        self._seen = self._newest()

    def add(self, epoch: str, numbers: Iterable[Range], reason: Reason, wall: float) -> None:
        """Records lost numbers; within a transaction."""
        fresh = tuple(numbers)
        if not fresh:
            return
        open_gaps = self._db.all(
            "SELECT place, first, last FROM gap WHERE place > ? AND epoch = ? AND reason = ? "
            "AND last IS NOT NULL ORDER BY first",
            (self._seen, epoch, reason),
        )
        before = {Range(first, last): position for position, first, last in open_gaps}
        for item in merge([*before, *fresh]):
            if item not in before:
                absorbed = [
                    position for old, position in before.items() if item.first <= old.first <= item.last
                ]
                self._put(epoch, item, reason, wall, absorbed)

    def add_open(self, epoch: str, first: int, reason: Reason, wall: float) -> None:
        """Records that all numbers of an epoch from one on are lost, however many; within a transaction."""
        self._insert(epoch, first, None, reason, wall)

    def unsent(self, limit: int) -> tuple[Gap, ...]:
        """The oldest gaps without acknowledgement; they do not grow any more.

        Raises:
            SpoolError: The file cannot be read.
        """
        self._seen = self._newest()
        rows = self._db.all(
            f"SELECT {_COLUMNS} FROM gap WHERE sent_at IS NULL ORDER BY place LIMIT ?",  # noqa: S608
            (limit,),
        )
        return tuple(
            Gap(position, epoch, number, first, last, Reason(reason), wall, origin_of(site, device))
            for position, epoch, number, first, last, reason, wall, site, device in rows
        )

    def mark_sent(self, positions: Iterable[int], wall: float) -> None:
        """Notes acknowledgements; within a transaction."""
        self._db.many(
            "UPDATE gap SET sent_at = ? WHERE place = ? AND sent_at IS NULL",
            ((wall, position) for position in positions),
        )

    def announce_again(self, epoch: str, numbers: Range) -> tuple[Range, ...]:
        """Has gaps that touch a range sent again, within a transaction; the numbers that they cover."""
        rows = self._db.all(
            "SELECT place, first, ifnull(last, ?) FROM gap WHERE epoch = ? AND first <= ? "
            "AND ifnull(last, ?) >= ?",
            (numbers.last, epoch, numbers.last, numbers.last, numbers.first),
        )
        # Under its old id, so that a consumer that has it already knows it.
        self._db.many("UPDATE gap SET sent_at = NULL WHERE place = ?", ((row[0],) for row in rows))
        return merge(Range(first, max(first, last)) for _, first, last in rows)

    def _put(self, epoch: str, item: Range, reason: Reason, wall: float, absorbed: list[int]) -> None:
        if not absorbed:
            self._insert(epoch, item.first, item.last, reason, wall)
            return
        keep, *others = absorbed
        self._db.execute("UPDATE gap SET first = ?, last = ? WHERE place = ?", (item.first, item.last, keep))
        self._db.many("DELETE FROM gap WHERE place = ?", ((position,) for position in others))

    def _insert(self, epoch: str, first: int, last: int | None, reason: Reason, wall: float) -> None:
        (generation, number) = self._db.one(
            "SELECT generation, gaps + 1 FROM epoch WHERE name = ? ORDER BY generation DESC", (epoch,)
        )
        self._db.execute("UPDATE epoch SET gaps = ? WHERE generation = ?", (number, generation))
        self._db.execute(
            "INSERT INTO gap (epoch, number, first, last, reason, wall) VALUES (?, ?, ?, ?, ?, ?)",
            (epoch, number, first, last, reason, wall),
        )

    def _newest(self) -> int:
        (position,) = self._db.one("SELECT ifnull(max(place), 0) FROM gap")
        return int(position)
