"""A spool in good order, and ways to damage its file."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from edge.messages.payloads import encode, event_payload
from edge.spool import Spool
from tests.support.builders import event, limits
from tests.support.spools import filled_spool

WALL = 1_700_000_000.0


EVENTS = 60


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool in good order, closed, with events 1 to 60, of which 1 to 20 were acknowledged."""
    file = tmp_path / "spool.db"
    with filled_spool(file, EVENTS, 20, WALL):
        return file


def reopen(path: Path, wall: float = WALL) -> Spool:
    return Spool.open(path, limits(), wall=lambda: wall)


def epoch_of(path: Path) -> str:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return str(db.execute("SELECT name FROM epoch ORDER BY generation DESC").fetchone()[0])


def payloads(spool: Spool) -> list[bytes]:
    return [stored.payload for stored in spool.unsent(0, 1000)]


def original(number: int) -> bytes:
    return encode(event_payload(event(number)))


def page_of(path: Path, number: int) -> int:
    """Where the page of the database begins that holds an event."""
    return path.read_bytes().index(f"door/e1/{number}".encode()) // 4096 * 4096


def truncate(path: Path) -> None:
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size // 2)


def empty(path: Path) -> None:
    path.write_bytes(b"")


def zero(path: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def remove(path: Path) -> None:
    path.unlink()


def unmark(path: Path) -> None:
    """The application id and the format are other ones."""
    overwrite(path, 60, b"\0\0\0\7")
    overwrite(path, 68, b"\0\0\0\0")


def noise(path: Path) -> None:
    path.write_bytes(bytes(range(256)) * 100)


def overwrite(path: Path, offset: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(content)
