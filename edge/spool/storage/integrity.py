"""Whether a file is a spool, and whether its rows are what was written, as far as that can be seen.

SQLite checks how its pages hang together, not what they hold. Events have a seal; the few other rows
are held against their tables, so that what cannot be read is found at the start, and not by whoever
needs it later. The first bytes are looked at before SQLite opens a file and thereby changes it.

Source: SQLite, Database File Format, section 1.3.
"""

from __future__ import annotations

from pathlib import Path

from edge.errors import SpoolError
from edge.spool.records import GENERATION_BITS
from edge.spool.storage import epochs, files, schema
from edge.spool.storage.database import DamagedError, SpoolDatabase
from edge.spool.storage.schema import APPLICATION_ID
from edge.spool.storage.store import RunInfo
from edge.types import Reason


def check_rows(db: SpoolDatabase) -> None:
    """Compares every event with its seal, and the other rows with what they can be.

    Raises:
        DamagedError: Something is not as it was written.
    """
    _require_none(
        db, "event WHERE seal IS NOT seal(place, payload, wall, sent_at)", "events are not what was written"
    )
    for table, columns in schema.COLUMNS.items():
        wrong = " OR ".join(f"typeof({name}) NOT IN ({kinds})" for name, kinds in columns)
        _require_none(db, f"{table} WHERE {wrong}", f"rows of {table} hold what they cannot")
    known = "IN (SELECT generation FROM epoch)"
    _require_none(db, f"event WHERE place >> {GENERATION_BITS} NOT {known}", "events are of no epoch")
    _require_none(db, "gap WHERE epoch NOT IN (SELECT name FROM epoch)", "gaps are of no epoch")
    for (reason,) in db.all("SELECT reason FROM gap UNION SELECT reason FROM dropped"):
        if reason not in set(Reason):
            raise DamagedError(f"{db} is damaged: {reason!r} is no reason of a gap")
    # Text is decoded when it is fetched: this finds what is not UTF-8.
    db.all("SELECT name FROM epoch UNION SELECT consumer FROM mark UNION SELECT epoch FROM mark")
    read_run_info(db)


def read_run_info(db: SpoolDatabase) -> RunInfo:
    """The latest epoch and the number of the run.

    Raises:
        DamagedError: They cannot be read.
    """
    name, generation, run, last, site, device = db.one(
        "SELECT name, generation, (SELECT run FROM life), last, site, device "
        "FROM epoch ORDER BY generation DESC"
    )
    if [type(value) for value in (name, generation, run, last)] != [str, int, int, int]:
        raise DamagedError(f"{db} is damaged: its epoch cannot be read")
    return RunInfo(name, generation, run, last, epochs.origin_of(site, device))


def _require_none(db: SpoolDatabase, rows: str, problem: str) -> None:
    (broken,) = db.one(f"SELECT count(*) FROM {rows}")  # noqa: S608
    if broken:
        raise DamagedError(f"{db} is damaged: {broken} {problem}")


LENGTH = 100
_MAGIC = b"SQLite format 3\0"
# Places in the header: versions of the file format, size in pages, the user's version, application id.
_MODE, _PAGES, _VERSION, _MARK = slice(18, 20), slice(28, 32), slice(60, 64), slice(68, 72)
_NOT_WAL = b"\1\1"


def refuse_others(path: Path) -> None:
    """Refuses another program's database: opening it would put it into WAL mode.

    Raises:
        SpoolError: It is one, or cannot be read.
    """
    numbers = files.numbers_of(path)
    # A spool whose header is damaged is still known by its reservations.
    known = is_spool(path) or (numbers.exists() and numbers.stat().st_size > 0)
    if not known and _has_tables(_read(path)):
        raise SpoolError(f"{path} is some other database; name another file with spool.path")


def is_spool(path: Path) -> bool:
    """Whether a file's header, if not more, is a spool's.

    Raises:
        SpoolError: It cannot be read.
    """
    return _read(path)[_MARK] == APPLICATION_ID.to_bytes(4, "big")


def format_of(path: Path) -> int:
    """The format that a spool's header names, without what lies in its log.

    Raises:
        SpoolError: It cannot be read.
    """
    return int.from_bytes(_read(path)[_VERSION], "big")


def is_database(path: Path) -> bool:
    """Whether a file begins as a database does.

    Raises:
        SpoolError: It cannot be read.
    """
    return _read(path).startswith(_MAGIC)


def _has_tables(header: bytes) -> bool:
    """Whether this begins a database with tables that is not in WAL mode, as a spool is from the start."""
    pages = int.from_bytes(header[_PAGES], "big")
    return header.startswith(_MAGIC) and header[_MODE] == _NOT_WAL and pages > 1


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LENGTH)
    except OSError as error:
        raise SpoolError(f"the spool {path} cannot be read: {error.strerror}") from None
