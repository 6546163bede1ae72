"""The tables of a spool, and how an older file is brought up to date."""

from __future__ import annotations

import re
import secrets

from edge.spool.storage.database import SpoolDatabase

APPLICATION_ID = 0x4D53_4B47
"""Marks a file as a spool in SQLite's header: `MSKG`."""
FORMAT = 4
_EVENT = """
CREATE TABLE event (
    place INTEGER PRIMARY KEY,
    payload BLOB NOT NULL,
    wall REAL NOT NULL,                          -- Unix time of the decision
    sent_at REAL,                                -- Unix time of the acknowledgement
    seal INTEGER                                 -- over all of the row
);
CREATE INDEX unsent ON event (place) WHERE sent_at IS NULL;
CREATE INDEX sent ON event (sent_at) WHERE sent_at IS NOT NULL;
"""
# AUTOINCREMENT: a gap must never get the place of one that was deleted, since places count as seen.
_REST = """
CREATE TABLE epoch (
    generation INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    last INTEGER NOT NULL,                       -- highest sequence that is stored or announced as lost
    reserved INTEGER NOT NULL,                   -- highest sequence that may have been given
    gaps INTEGER NOT NULL,                       -- highest number of a gap
    site TEXT,                                   -- where and as what the device decided, in all of the
    device TEXT                                  -- epoch; none where nobody wrote it down
);
CREATE TABLE life (run INTEGER NOT NULL);
CREATE TABLE gap (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    epoch TEXT NOT NULL,
    number INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER,                                -- none where nobody knows
    reason TEXT NOT NULL,
    wall REAL NOT NULL,
    sent_at REAL
);
CREATE TABLE dropped (reason TEXT PRIMARY KEY, events INTEGER NOT NULL);
CREATE TABLE minute (
    start INTEGER PRIMARY KEY,                   -- Unix time
    compliant INTEGER NOT NULL,
    no_mask INTEGER NOT NULL,
    mask_incorrect INTEGER NOT NULL,
    unsure INTEGER NOT NULL,
    frames INTEGER NOT NULL,
    watched_s REAL NOT NULL,
    blind_s REAL NOT NULL,
    came_in INTEGER NOT NULL DEFAULT 0,
    went_out INTEGER NOT NULL DEFAULT 0,
    direction_unknown INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE mark (
    consumer TEXT NOT NULL,
    epoch TEXT NOT NULL,
    contiguous INTEGER NOT NULL,
    heard REAL NOT NULL,                         -- Unix time
    PRIMARY KEY (consumer, epoch)
);
"""


def _columns(statements: str) -> dict[str, tuple[tuple[str, str], ...]]:
    """The columns of each table, and what SQLite may call the types of their values, as SQL lists them."""
    return {
        table: tuple(
            (name, f"'{kind.lower()}'" if never_null else f"'{kind.lower()}', 'null'")
            for name, kind, never_null in _COLUMN.findall(body)
        )
        for table, body in _TABLE.findall(statements)
    }


_TABLE = re.compile(r"CREATE TABLE (\w+) \((.*?)\);\n", re.DOTALL)
_COLUMN = re.compile(r"(\w+) (INTEGER|REAL|TEXT|BLOB)( NOT NULL| PRIMARY KEY)?")
# Read from the statements themselves, so that the check of the rows cannot differ from the tables.
COLUMNS = _columns(_EVENT + _REST)


def create(db: SpoolDatabase, generation: int, epoch: str) -> None:
    """Makes the tables of a new spool; within a transaction."""
    _run(db, _EVENT + _REST)
    db.execute("INSERT INTO epoch VALUES (?, ?, 0, 0, 0, NULL, NULL)", (generation, epoch))
    db.execute("INSERT INTO life VALUES (0)")
    _stamp(db)


def upgrade(db: SpoolDatabase, version: int) -> None:
    """Brings a file of an older format up to date; within a transaction."""
    if version == 1:
        _add_epochs(db)
    if version == 2:
        db.execute("ALTER TABLE epoch ADD COLUMN site TEXT")
        db.execute("ALTER TABLE epoch ADD COLUMN device TEXT")
    if version in (2, 3):
        for column in ("came_in", "went_out", "direction_unknown"):
            db.execute(f"ALTER TABLE minute ADD COLUMN {column} INTEGER NOT NULL DEFAULT 0")
    _stamp(db)


def _add_epochs(db: SpoolDatabase) -> None:
    """Makes the one epoch of a file of format 1 generation 0."""
    epoch, run = db.one("SELECT epoch, run FROM life")
    last = db.all("SELECT seq FROM sqlite_sequence WHERE name = 'event'")
    number = last[0][0] if last else 0
    db.execute("ALTER TABLE event RENAME COLUMN sequence TO place")
    db.execute("ALTER TABLE event ADD COLUMN seal INTEGER")
    db.execute("UPDATE event SET seal = seal(place, payload, wall, sent_at)")
    db.execute("DROP TABLE life")
    _run(db, _REST)
    db.execute("INSERT INTO epoch VALUES (0, ?, ?, ?, 0, NULL, NULL)", (epoch, number, number))
    db.execute("INSERT INTO life VALUES (?)", (run,))


def new_epoch(wall: float) -> str:
    """The name of a new epoch: sorts by Unix time, unique by chance."""
    return f"{int(wall):08x}-{secrets.token_hex(2)}"


def _run(db: SpoolDatabase, statements: str) -> None:
    # One by one: `executescript` would commit the transaction around it.
    for statement in statements.strip().split(";\n"):
        db.execute(statement)


def _stamp(db: SpoolDatabase) -> None:
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    db.execute(f"PRAGMA user_version = {FORMAT}")
