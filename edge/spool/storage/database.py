"""The only place that speaks to SQLite: one connection, and errors in sentences.

WAL with synchronous=FULL: with NORMAL a power cut loses rows that were reported as committed. The
file is locked for this one connection, since two connections to a WAL file can corrupt it before
SQLite 3.51.3. Every call must come from the thread that opened the database.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from edge.errors import SpoolError

CACHE_KIB = 256
LOCK_WAIT_S = 1.0
READ_ONLY = "its disk is mounted read-only; see `dmesg` for the reason, a worn card is to be replaced"
SYNCHRONOUS = "FULL"
CHECKPOINT_PAGES = 256
"""The log is merged when it has this many: a log that grows large takes the room that merging needs."""

LOG_BYTES = 4 << 20
"""The write-ahead log is cut back to this after it had to be larger."""

_DAMAGE = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_READ", "SQLITE_IOERR_SHORT_READ",
           "SQLITE_IOERR_DATA", "SQLITE_IOERR_CORRUPTFS", "SQLITE_ERROR", "SQLITE_MISMATCH")  # fmt: skip
"""What SQLite says of a file that is not as it was written; a plain error is a missing table, say."""

Value = int | float | str | bytes | None


class DamagedError(SpoolError):
    """The file is not as it was written."""


class InUseError(SpoolError):
    """Another process holds the file."""


class SpoolDatabase:
    """One open database file."""

    _identity: tuple[int, int] | None = None

    def __init__(self, path: Path) -> None:
        """Opens a file, which is made where there is none, and locks it.

        Raises:
            DamagedError: It is no database, or a damaged one.
            SpoolError: It cannot be opened, or another process holds it.
        """
        self._path = path
        with self._naming():
            # Without an isolation level Python's module begins no transaction by itself; `transaction` does.
            self._db = sqlite3.connect(self._place(), timeout=LOCK_WAIT_S, isolation_level=None)
        try:
            self._set_journal()
            self._prepare()
        except SpoolError:
            self._db.close()
            raise
        self._identity = self._found()

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    @property
    def gone(self) -> bool:
        """Whether the file is not at its place any more: SQLite goes on in one that has no name."""
        return self._found() != self._identity

    def _found(self) -> tuple[int, int] | None:
        """Which file is at the place; None where there is none."""
        try:
            state = os.stat(self._path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            # A disk that cannot even be asked refuses what is written too, which is told then.
            return self._identity
        return state.st_dev, state.st_ino

    def _place(self) -> str | Path:
        return self._path

    def _set_journal(self) -> None:
        # Before WAL: SQLite then needs no shared memory (wal.html, "Use of WAL Without Shared-Memory").
        self.execute("PRAGMA locking_mode = EXCLUSIVE")
        (mode,) = self.one("PRAGMA journal_mode = WAL")
        if mode != "wal":
            raise SpoolError(f"{self._path} lies on a file system that cannot hold a spool; set spool.path")

    def _prepare(self) -> None:
        # Finds a damaged page when it is read, before the damage spreads (pragma.html).
        self.execute("PRAGMA cell_size_check = ON")
        # SQLite's advice for a file that others may have written to (security.html).
        self.execute("PRAGMA trusted_schema = OFF")
        self.execute(f"PRAGMA synchronous = {SYNCHRONOUS}")
        self.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        self.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        self.execute(f"PRAGMA journal_size_limit = {LOG_BYTES}")
        with self._naming():
            self._db.create_function("seal", 4, _seal, deterministic=True)

    def __str__(self) -> str:
        return f"the spool {self._path}"

    def execute(self, sql: str, values: Sequence[Value] = ()) -> int:
        """Runs a statement; how many rows it changed.

        Raises:
            SpoolError: It failed.
        """
        with self._naming():
            # Python's module gives -1 for a statement that changes no rows.
            return max(self._db.execute(sql, values).rowcount, 0)

    def many(self, sql: str, rows: Iterable[Sequence[Value]]) -> int:
        """Runs a statement for each row of values; how many rows were changed in all.

        Raises:
            SpoolError: It failed.
        """
        with self._naming():
            return max(self._db.executemany(sql, rows).rowcount, 0)

    def all(self, sql: str, values: Sequence[Value] = ()) -> list[tuple[Any, ...]]:
        """The rows of a query.

        Raises:
            SpoolError: It failed.
        """
        with self._naming():
            return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, values: Sequence[Value] = ()) -> tuple[Any, ...]:
        """The first row of a query that must have one.

        Raises:
            DamagedError: It has none.
            SpoolError: It failed.
        """
        rows = self.all(sql, values)
        if not rows:
            raise DamagedError(f"the spool {self._path} is damaged: a row is missing")
        return rows[0]

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing.

        Raises:
            SpoolError: Nothing was changed.
        """
        self.execute("BEGIN IMMEDIATE")
        try:
            yield
            self.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self.execute("ROLLBACK")
            raise

    def bytes(self) -> int:
        """Size of the database without its free pages."""
        (pages,), (free,), (size,) = (
            self.one(f"PRAGMA {name}") for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def merge_log(self) -> None:
        """Merges the log into the file, so that its room is used again, as far as that is possible now."""
        with contextlib.suppress(SpoolError):
            self.execute("PRAGMA wal_checkpoint(PASSIVE)")

    def check(self) -> None:
        """Reads all of the file.

        `integrity_check` also compares the indexes with the tables, for a third more than the time of
        `quick_check`; neither looks at what the rows hold, which is what their seals are for.

        Raises:
            DamagedError: It is damaged; says what SQLite found first.
        """
        (found,) = self.one("PRAGMA integrity_check(1)")
        if found != "ok":
            raise DamagedError(f"the spool {self._path} is damaged: {found.splitlines()[-1][:200]}")

    def copy_to(self, other: SpoolDatabase) -> None:
        """Makes another database hold all that is in this one, and nothing else, in one transaction.

        Raises:
            SpoolError: It cannot be read, or the other one cannot be written.
        """
        with self._naming():
            self._db.backup(other._db)

    def close(self) -> None:
        """Merges the log into the file and closes it."""
        # What is committed is in the log: a merge that fails now is done at the next start.
        with contextlib.suppress(sqlite3.Error):
            self._db.close()

    @contextlib.contextmanager
    def _naming(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise _named(self._path, error) from None
        except UnicodeDecodeError as error:
            # What SQLite says of a damaged table may quote it.
            raise DamagedError(f"the spool {self._path} is damaged: {error.reason}") from None
        except OverflowError:
            raise SpoolError(f"the spool {self._path} holds no numbers as large as these") from None


class MemoryDatabase(SpoolDatabase):
    """The same in memory, under the name of the file that it stands in for."""

    def _place(self) -> str:
        return ":memory:"

    def _found(self) -> tuple[int, int] | None:
        # It is at no place, and so can be at no other.
        return None

    def _set_journal(self) -> None:
        # What is in memory only needs no log to survive.
        self.execute("PRAGMA journal_mode = MEMORY")


def _seal(position: Value, payload: Value, wall: Value, sent_at: Value) -> int:
    """A checksum over all of a row, since SQLite keeps none over a page."""
    try:
        # The flag keeps NULL and 0.0 apart.
        head = struct.pack(">qd?d", position, wall, sent_at is None, sent_at or 0.0)
        return zlib.crc32(payload, zlib.crc32(head))  # type: ignore[arg-type]
    except (struct.error, TypeError):
        # No CRC is negative, so a row with values of other types never fits its seal.
        return -1


def _named(path: Path, error: sqlite3.Error) -> SpoolError:
    """An error that names the file and what to do."""
    # For text that is not UTF-8 Python's module raises an error without a code of SQLite's.
    name = getattr(error, "sqlite_errorname", "SQLITE_MISMATCH" if "decode" in str(error) else "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return InUseError(
            f"the spool {path} is in use by another process; stop that or set another spool.path"
        )
    if name in _DAMAGE or name.startswith("SQLITE_CORRUPT"):
        return DamagedError(f"the spool {path} is damaged: {' '.join(str(error).split())[:200]}")
    if name.startswith("SQLITE_FULL"):
        return SpoolError(f"the spool {path} cannot grow: the disk is full; free some space")
    if name.startswith("SQLITE_READONLY"):
        return SpoolError(f"the spool {path} cannot be written: {READ_ONLY}")
    return SpoolError(
        f"the spool {path} cannot be used: {error}; check the disk and the rights of its directory"
    )
