"""Whether the rows of a spool are what was written, as far as that can be told.

SQLite checks how its pages hang together, not what they hold. Events have a seal; the few other rows
are held against their tables, so that what cannot be read is found at the start, and not by whoever
needs it later.
"""

from __future__ import annotations

from edge.spool import schema
from edge.spool.database import DamagedError, Database
from edge.spool.schema import GENERATION_BITS
from edge.spool.store import Life
from edge.types import Reason


def check_rows(db: Database) -> None:
    """Compares every event with its seal, and the other rows with what they can be.

    Raises:
        DamagedError: Something is not as it was written.
    """
    _none(
        db, "event WHERE seal IS NOT seal(place, payload, wall, sent_at)", "events are not what was written"
    )
    for table, columns in schema.COLUMNS.items():
        wrong = " OR ".join(f"typeof({name}) NOT IN ({kinds})" for name, kinds in columns)
        _none(db, f"{table} WHERE {wrong}", f"rows of {table} hold what they cannot")
    known = "IN (SELECT generation FROM epoch)"
    _none(db, f"event WHERE place >> {GENERATION_BITS} NOT {known}", "events are of no epoch")
    _none(db, "gap WHERE epoch NOT IN (SELECT name FROM epoch)", "gaps are of no epoch")
    for (reason,) in db.all("SELECT reason FROM gap UNION SELECT reason FROM dropped"):
        if reason not in set(Reason):
            raise DamagedError(f"{db} is damaged: {reason!r} is no reason of a gap")
    db.all("SELECT name FROM epoch UNION SELECT consumer FROM mark UNION SELECT epoch FROM mark")
    life(db)


def life(db: Database) -> Life:
    """The latest epoch and the run.

    Raises:
        DamagedError: They cannot be read.
    """
    row = db.one("SELECT name, generation, (SELECT run FROM life), last FROM epoch ORDER BY generation DESC")
    if [type(value) for value in row] != [str, int, int, int]:
        raise DamagedError(f"{db} is damaged: its epoch cannot be read")
    return Life(*row)


def _none(db: Database, rows: str, complaint: str) -> None:
    (broken,) = db.one(f"SELECT count(*) FROM {rows}")  # noqa: S608
    if broken:
        raise DamagedError(f"{db} is damaged: {broken} {complaint}")
