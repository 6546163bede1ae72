"""The spool's file: the only place that speaks SQL.

WAL with synchronous=FULL: with NORMAL a power cut loses rows that were reported as committed. The
file is locked for this one connection, since two connections to a WAL file can corrupt it before
SQLite 3.51.3. Every call must come from the thread that opened the store.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from edge.messages import Stored
from edge.types import SpoolError

APPLICATION_ID = 0x4D53_4B47
"""Marks a file as a spool in SQLite's header: `MSKG`."""

FORMAT = 1
CACHE_KIB = 256
LOCK_WAIT_S = 1.0

_TABLES = """
CREATE TABLE life (epoch TEXT NOT NULL, run INTEGER NOT NULL);
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT,  -- so that a number is not given again after pruning
    payload BLOB NOT NULL,
    wall REAL NOT NULL,                          -- Unix time of the decision
    sent_at REAL                                 -- Unix time of the acknowledgement
);
CREATE INDEX unsent ON event (sequence) WHERE sent_at IS NULL;
CREATE INDEX sent ON event (sent_at) WHERE sent_at IS NOT NULL;
"""


@dataclass(frozen=True, slots=True)
class Life:
    """Where a spool stands when it is opened.

    Attributes:
        epoch: Made with the file, sorts by age, unique.
        run: How often the file has been opened, this time included.
        last_sequence: Highest sequence ever stored; 0 for a new file.
        unsent: Events that no broker has acknowledged.
    """

    epoch: str
    run: int
    last_sequence: int
    unsent: int


@dataclass(frozen=True, slots=True)
class Row:
    """An event to be stored, with the Unix time of its decision."""

    event: Stored
    wall: float


class Store:
    """One open spool file."""

    def __init__(self, path: Path, wall: float) -> None:
        """Opens a spool, makes it where there is none, and counts this run.

        Args:
            path: The file; its directory is made (0700) where only that is missing.
            wall: Unix time now.

        Raises:
            SpoolError: It cannot be opened, is something else, or another process holds it.
        """
        self._path = path
        make_file(path)
        with naming(path):
            self._db = sqlite3.connect(path, timeout=LOCK_WAIT_S, isolation_level=None)
        try:
            with naming(path):
                self._prepare()
                self.life = self._begin_run(wall)
        except SpoolError:
            self._db.close()
            raise

    def write(self, rows: Iterable[Row], sent: Iterable[int], wall: float) -> tuple[int, int]:
        """Stores events and marks others as sent, in one transaction.

        Returns:
            How many rows were new and how many turned from unsent to sent.

        Raises:
            SpoolError: Nothing was stored.
        """
        with naming(self._path), self._transaction():
            added = self._db.executemany(
                "INSERT OR IGNORE INTO event (sequence, payload, wall) VALUES (?, ?, ?)",
                ((row.event.sequence, row.event.payload, row.wall) for row in rows),
            ).rowcount
            marked = self._db.executemany(
                "UPDATE event SET sent_at = ? WHERE sequence = ? AND sent_at IS NULL",
                ((wall, sequence) for sequence in sent),
            ).rowcount
        return max(added, 0), max(marked, 0)

    def unsent(self, after: int, limit: int) -> tuple[Stored, ...]:
        """Events without an acknowledgement, in order, from the first sequence beyond `after`.

        Raises:
            SpoolError: The file cannot be read.
        """
        with naming(self._path):
            rows = self._db.execute(
                "SELECT sequence, payload FROM event WHERE sent_at IS NULL AND sequence > ? "
                "ORDER BY sequence LIMIT ?",
                (after, limit),
            ).fetchall()
        return tuple(Stored(sequence, payload) for sequence, payload in rows)

    def prune(self, before: float) -> None:
        """Forgets events that were acknowledged before a Unix time.

        Raises:
            SpoolError: The file cannot be written.
        """
        with naming(self._path):
            self._db.execute("DELETE FROM event WHERE sent_at < ?", (before,))

    def close(self) -> None:
        """Merges the WAL into the file and lets it go."""
        self._db.close()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
        (mode,) = self._db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise SpoolError(f"{self._path} lies on a file system that cannot hold a spool; set spool.path")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    def _begin_run(self, wall: float) -> Life:
        (application,) = self._db.execute("PRAGMA application_id").fetchone()
        (tables,) = self._db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        with self._transaction():
            if not tables:
                self._create(new_epoch(wall))
            elif application != APPLICATION_ID:
                raise SpoolError(f"{self._path} is some other database; name another file with spool.path")
            self._check_format()
            self._db.execute("UPDATE life SET run = run + 1")
        return self._read_life()

    def _create(self, epoch: str) -> None:
        for statement in _TABLES.strip().split(";\n"):
            self._db.execute(statement)
        self._db.execute("INSERT INTO life VALUES (?, 0)", (epoch,))
        self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._db.execute(f"PRAGMA user_version = {FORMAT}")

    def _check_format(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version != FORMAT:
            raise SpoolError(
                f"{self._path} has format {version}, this maskgate reads {FORMAT}; "
                "update maskgate or name another file with spool.path"
            )

    def _read_life(self) -> Life:
        epoch, run = self._db.execute("SELECT epoch, run FROM life").fetchone()
        (unsent,) = self._db.execute("SELECT count(*) FROM event WHERE sent_at IS NULL").fetchone()
        last = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'event'").fetchone()
        return Life(epoch, run, last[0] if last else 0, unsent)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # A full disk may have rolled back already.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def new_epoch(wall: float) -> str:
    """The name of a new life of the event counter: sorts by Unix time, unique by chance."""
    return f"{int(wall):08x}-{secrets.token_hex(2)}"


def make_file(path: Path) -> None:
    """Makes a spool's directory (0700) and file (0600) durably, where they are missing.

    Raises:
        SpoolError: They cannot be made or written.
    """
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    except OSError as error:
        raise SpoolError(
            f"the spool {path} cannot be opened for writing: {error.strerror}; set spool.path to a file "
            "in a directory that this user may write to"
        ) from None


@contextlib.contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turns SQLite's errors into one that names the file and what to do."""
    try:
        yield
    except sqlite3.Error as error:
        raise SpoolError(_sentence(path, error)) from None


def _sentence(path: Path, error: sqlite3.Error) -> str:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return f"the spool {path} is in use by another process; stop that or set another spool.path"
    if name.startswith("SQLITE_NOTADB"):
        return f"{path} is no spool of MaskGate; name another file with spool.path"
    if name.startswith("SQLITE_CORRUPT"):
        return f"the spool {path} is damaged: {error}; move it away, a new one is made"
    if name.startswith("SQLITE_FULL"):
        return f"the spool {path} cannot grow: the disk is full; free some space"
    return f"the spool {path} cannot be used: {error}; check the disk and the rights of its directory"
