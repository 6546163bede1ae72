"""What else the file holds: minutes and their passes, the marks of consumers, how much was dropped."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import astuple

from edge.spool.records import ConsumerMark
from edge.spool.storage.database import SpoolDatabase
from edge.telemetry.records import DirectionCounts, Minute, VerdictCounts, minute_of
from edge.types import Event, Reason, Verdict

MOST_MARKS = 100
"""Consumers and epochs that are remembered; beyond it the one not heard of for longest is forgotten."""
_COUNTS = (
    "compliant", "no_mask", "mask_incorrect", "unsure", "frames", "watched_s", "blind_s",
    "came_in", "went_out", "direction_unknown",
)  # fmt: skip
_MINUTE = ", ".join(("start", *_COUNTS))
_ADD_MINUTE = (
    f"INSERT INTO minute ({_MINUTE}) VALUES (?{', ?' * len(_COUNTS)}) ON CONFLICT (start) DO UPDATE SET "  # noqa: S608
    + ", ".join(f"{count} = {count} + excluded.{count}" for count in _COUNTS)
)


def add_minutes(db: SpoolDatabase, minutes: Iterable[Minute]) -> None:
    """Adds to minutes; within a transaction."""
    db.many(_ADD_MINUTE, (_row(item) for item in minutes))


def _row(minute: Minute) -> tuple[float, ...]:
    measured = (minute.frames, minute.watched_s, minute.blind_s)
    return (minute.start, *astuple(minute.verdicts), *measured, *astuple(minute.directions))


def minutes(db: SpoolDatabase, first: int, last: int) -> tuple[Minute, ...]:
    """The minutes that begin from one Unix time to another, both included, in order.

    Raises:
        SpoolError: The file cannot be read.
    """
    rows = db.all(
        f"SELECT {_MINUTE} FROM minute WHERE start BETWEEN ? AND ? ORDER BY start",  # noqa: S608
        (first, last),
    )
    return tuple(
        Minute(row[0], VerdictCounts(*row[1:5]), row[5], row[6], row[7], DirectionCounts(*row[8:]))
        for row in rows
    )


def count_minutes(db: SpoolDatabase) -> int:
    """How many minutes there are."""
    (count,) = db.one("SELECT count(*) FROM minute")
    return int(count)


def set_marks(db: SpoolDatabase, marks: Iterable[ConsumerMark]) -> None:
    """Keeps the latest mark of each consumer; within a transaction."""
    db.many(
        "INSERT OR REPLACE INTO mark (consumer, epoch, contiguous, heard) VALUES (?, ?, ?, ?)",
        ((mark.consumer, mark.epoch, mark.contiguous, mark.heard) for mark in marks),
    )
    db.execute(
        "DELETE FROM mark WHERE (consumer, epoch) IN "
        "(SELECT consumer, epoch FROM mark ORDER BY heard DESC LIMIT -1 OFFSET ?)",
        (MOST_MARKS,),
    )


def marks(db: SpoolDatabase) -> tuple[ConsumerMark, ...]:
    """The marks of all consumers, by name and epoch.

    Raises:
        SpoolError: The file cannot be read.
    """
    rows = db.all("SELECT consumer, epoch, contiguous, heard FROM mark ORDER BY consumer, epoch")
    return tuple(ConsumerMark(*row) for row in rows)


def count_dropped(db: SpoolDatabase, reason: Reason, events: int) -> None:
    """Adds to the counter of dropped events; within a transaction."""
    db.execute(
        "INSERT INTO dropped (reason, events) VALUES (?, ?) "
        "ON CONFLICT (reason) DO UPDATE SET events = events + excluded.events",
        (reason, events),
    )


def dropped(db: SpoolDatabase) -> dict[Reason, int]:
    """How many events were ever dropped, for each reason.

    Raises:
        SpoolError: The file cannot be read.
    """
    return {Reason(reason): events for reason, events in db.all("SELECT reason, events FROM dropped")}


def prune(db: SpoolDatabase, before: float, limit: int) -> int:
    """Forgets what is older than a Unix time, at most so many rows of each kind; how many went."""
    statements = (
        "DELETE FROM gap WHERE place IN (SELECT place FROM gap WHERE sent_at < ? LIMIT ?)",
        "DELETE FROM minute WHERE start IN (SELECT start FROM minute WHERE start < ? LIMIT ?)",
        "DELETE FROM mark WHERE rowid IN (SELECT rowid FROM mark WHERE heard < ? LIMIT ?)",
    )
    return sum(db.execute(statement, (before, limit)) for statement in statements)


MOST_PASSES = 1_000
"""Passes that can still be revised; a pass is closed some seconds after its person has gone."""


class PassCounter:
    """Turns events into what they add to minutes.

    A revision changes the minute in which the pass had its first verdict, so that sums over minutes
    count each pass once. A restart begins new passes.
    """

    def __init__(self) -> None:
        self._passes: dict[str, tuple[int, Verdict]] = {}

    def count(self, event: Event) -> Minute | None:
        """What an event adds; None for a revision of a pass that is forgotten."""
        verdict, known = event.verdict, self._passes.get(event.pass_id)
        if known is not None:
            start, before = known
            change = _counted(start, verdict, 1) + _counted(start, before, -1)
        elif verdict.revision == 0:
            start = minute_of(verdict.wall)
            change = _counted(start, verdict, 1)
        else:
            return None
        self._remember(event.pass_id, start, verdict)
        return change

    def _remember(self, pass_id: str, start: int, verdict: Verdict) -> None:
        self._passes[pass_id] = (start, verdict)
        if len(self._passes) > MOST_PASSES:
            del self._passes[next(iter(self._passes))]


def _counted(start: int, verdict: Verdict, number: int) -> Minute:
    verdicts = VerdictCounts.single(verdict.outcome, number)
    return Minute(start, verdicts, directions=DirectionCounts.single(verdict.direction, number))
