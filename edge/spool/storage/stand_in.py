"""A spool in memory that stands in for a disk which cannot be used, and how the disk takes it over.

A worn or full disk must not keep a device from its work. What is decided meanwhile gets numbers of an
epoch that is made for the purpose, is sent as ever, and ends with the process. Once the disk can be
opened it takes all of it: the epoch becomes the newest one of the file, with the same name and numbers,
so that neither the side that decides nor a consumer sees a difference.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from pathlib import Path

from edge.spool.records import GENERATION_BITS, SEQUENCE_MASK, Limits
from edge.spool.storage import epochs, schema, statistics
from edge.spool.storage.database import MemoryDatabase, SpoolDatabase
from edge.spool.storage.integrity import read_run_info
from edge.spool.storage.sequences import NoReservations
from edge.spool.storage.store import EventStore
from edge.types import DeviceKey

GENERATION = (1 << 20) - 1
"""No file has so many epochs: an acknowledgement that comes after the disk has taken over hits no event."""

FIRST_GAP = 1 << 40
"""Likewise for the places of gaps."""

MOST_EVENTS = 10_000
"""Events in memory: some MB. Beyond that the oldest are dropped, and announced as gaps."""


def open_stand_in(path: Path, wall: float, limits: Limits, origin: DeviceKey | None) -> EventStore:
    """A new spool in memory.

    Args:
        path: The file that it stands in for.
        wall: Unix time now.
        limits: How much that keeps; the memory keeps no more than `MOST_EVENTS`.
        origin: Under which name sequences are given.
    """
    db = MemoryDatabase(path)
    with db.transaction():
        schema.create(db, GENERATION, schema.new_epoch(wall))
        db.execute("UPDATE life SET run = 1")
        place_gaps_apart(db)
        if origin is not None:
            epochs.adopt(db, origin)
    bounds = replace(limits, max_events=min(limits.max_events, MOST_EVENTS))
    return EventStore(db, NoReservations(), read_run_info(db), bounds)


def place_gaps_apart(db: SpoolDatabase) -> None:
    """Has a new spool give its gaps places that no file has: what is acknowledged late hits none of them."""
    db.execute("INSERT INTO sqlite_sequence VALUES ('gap', ?)", (FIRST_GAP,))


def move(stand_in: EventStore, disk: EventStore) -> EventStore:
    """Moves what a spool in memory holds into an open file, where its epoch goes on.

    Args:
        stand_in: Nothing of it is pending. It is closed once all of it is on the disk.
        disk: The open file.

    Raises:
        SpoolError: The file has not taken it, and is closed; the one in memory is as it was.
    """
    known, generation = stand_in.run_info, disk.run_info.generation + 1
    run_info = replace(
        known, generation=generation, run=disk.run_info.run, last_sequence=stand_in.last_sequence
    )
    with contextlib.ExitStack() as failed:
        # The file's own epoch gave no number: its reservation is given up.
        failed.callback(disk.close, clean=True)
        with disk.db.transaction():
            _copy(stand_in.db, disk.db, generation)
            taken = EventStore(disk.db, disk.numbers, run_info, disk.limits)
            # Before the commit: a start that finds no epoch to a reservation announces all of it.
            taken.reserve(taken.last_sequence)
        failed.pop_all()
    stand_in.close(clean=False)
    return taken


def _copy(memory: SpoolDatabase, disk: SpoolDatabase, generation: int) -> None:
    """Copies all rows; within a transaction."""
    (epoch,) = memory.all("SELECT name, last, last, gaps, site, device FROM epoch")
    disk.execute("INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)", (generation, *epoch))
    base = generation << GENERATION_BITS
    disk.many(
        "INSERT INTO event VALUES (?1, ?2, ?3, ?4, seal(?1, ?2, ?3, ?4))",
        (
            (base | position & SEQUENCE_MASK, payload, wall, sent_at)
            for position, payload, wall, sent_at in memory.all(
                "SELECT place, payload, wall, sent_at FROM event"
            )
        ),
    )
    disk.many(
        "INSERT INTO gap (epoch, number, first, last, reason, wall, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        memory.all("SELECT epoch, number, first, last, reason, wall, sent_at FROM gap ORDER BY place"),
    )
    statistics.add_minutes(disk, statistics.minutes(memory, 0, (1 << 63) - 1))
    statistics.set_marks(disk, statistics.marks(memory))
    for reason, events in statistics.dropped(memory).items():
        statistics.count_dropped(disk, reason, events)
