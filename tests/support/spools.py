"""Spools that tests fill, and what they read from them."""

from __future__ import annotations

import os
import resource
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from edge.spool import Spool
from edge.types import Event, Outcome, Reason
from tests.support.builders import event, limits, verdict


def sequences(spool: Spool, after: int = 0, limit: int = 1000) -> list[int]:
    return [stored.position for stored in spool.unsent(after, limit)]


def fill(spool: Spool, numbers: range) -> None:
    for number in numbers:
        spool.append(event(number))
    spool.flush()


@contextmanager
def filled_spool(file: Path, events: int, acknowledged: int, wall: float) -> Iterator[Spool]:
    """A spool in good order with events from 1 on, the first of them acknowledged; closed at the end."""
    with closing(Spool.open(file, limits(), wall=lambda: wall)) as spool:
        fill(spool, range(1, events + 1))
        spool.mark_sent(range(1, acknowledged + 1))
        yield spool


def other_database(file: Path) -> None:
    """Makes what another program may have."""
    with closing(sqlite3.connect(file)) as db:
        db.execute("CREATE TABLE event (x)")


@contextmanager
def full_disk(limit: int) -> Iterator[None]:
    """No file of this process may grow beyond `limit` bytes."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def dead_disk(spool: Spool) -> Iterator[None]:
    """The kernel gives errors for every read and write of an open spool, as where a card has died."""
    # What SQLite has in memory it would still read.
    spool.ask(lambda writer: writer.store.db.execute("PRAGMA shrink_memory"))
    folder = os.open(spool.path.parent, os.O_RDONLY)
    handles = [int(link.name) for link, file in _open_files() if file.startswith(str(spool.path))]
    held = {handle: os.dup(handle) for handle in handles}
    for handle in held:
        os.dup2(folder, handle)
    try:
        yield
    finally:
        for handle, kept in held.items():
            os.dup2(kept, handle)
            os.close(kept)
        os.close(folder)


def _open_files() -> Iterator[tuple[Path, str]]:
    for link in tuple(Path("/proc/self/fd").iterdir()):
        # Another thread may have closed it meanwhile.
        with suppress(FileNotFoundError):
            yield link, str(link.readlink())


WALL = 1_700_000_000.0


def gaps(spool: Spool) -> list[tuple[int, int | None, Reason]]:
    return [(gap.first, gap.last, gap.reason) for gap in spool.unsent_gaps(100)]


def small(path: Path, events: int) -> Spool:
    return Spool.open(path, limits(max_events=events))


def at(sequence: int, outcome: Outcome, number: int, revision: int = 0, wall: float = WALL) -> Event:
    decided = replace(verdict(outcome, number, revision), wall=wall)
    return replace(event(sequence, number=number), verdict=decided)


def abandon(path: Path, elsewhere: Path) -> Path:
    """A copy of a spool as a power cut leaves it; the one in use goes on."""
    elsewhere.mkdir()
    for file in path.parent.glob(f"{path.name}*"):
        (elsewhere / file.name).write_bytes(file.read_bytes())
    return elsewhere / path.name
