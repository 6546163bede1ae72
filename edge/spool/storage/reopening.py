"""A spool file that is deleted or replaced while it is open, and how a new one takes its place.

SQLite keeps such a file open, without a name, and would go on writing into it until the process ends. It
can still be read, so that nothing is lost: all of it is taken into memory, and from there into a new file.
Epochs, positions and places of gaps are as before, so that no reader sees a difference.
"""

from __future__ import annotations

import contextlib
import logging
from dataclasses import replace
from pathlib import Path

from edge.errors import SpoolError
from edge.messages.ranges import Range
from edge.spool.storage import files, schema
from edge.spool.storage.database import MemoryDatabase, SpoolDatabase
from edge.spool.storage.gaps import GapTable
from edge.spool.storage.integrity import refuse_others
from edge.spool.storage.sequences import NoReservations, SequenceReservations
from edge.spool.storage.stand_in import place_gaps_apart
from edge.spool.storage.store import EventStore, RunInfo
from edge.system.files import sync_directory
from edge.types import Reason

_log = logging.getLogger(__name__)


def rescue(store: EventStore, wall: float) -> EventStore:
    """Takes all of a spool whose file has no place any more into memory, and closes it.

    Where it cannot be read any more, all numbers of its epoch are announced as lost.

    Args:
        store: The open spool; what is pending in it is pending in the new one.
        wall: Unix time now.
    """
    run_info = replace(store.run_info, last_sequence=store.last_sequence)
    try:
        db: SpoolDatabase = MemoryDatabase(store.db.path)
        store.db.copy_to(db)
    except SpoolError as error:
        _log.error("what was in the spool is lost, it cannot be read any more: %s", error)
        db = _announcing(store.db.path, run_info, wall)
    kept = EventStore(db, NoReservations(), run_info, store.limits)
    kept.pending = store.pending
    # SQLite sees that the file was moved, and leaves alone the log that has its log's name by now.
    store.close(clean=False)
    return kept


def recreate(kept: EventStore, wall: float) -> EventStore:
    """Makes a new file of a spool in memory that was rescued; what lies at its place is kept beside it.

    Args:
        kept: It is closed once all of it is on the disk.
        wall: Unix time now.

    Raises:
        SpoolError: No file can be made; the one in memory is as it was.
    """
    path = kept.db.path
    files.make_file(path)
    refuse_others(path)
    _set_aside(path, wall)
    with contextlib.ExitStack() as failed:
        # What was made by halves would be kept beside the next try.
        failed.callback(files.remove, path)
        numbers = SequenceReservations(files.numbers_of(path))
        failed.callback(numbers.close)
        db = SpoolDatabase(path)
        failed.callback(db.close)
        kept.db.copy_to(db)
        disk = EventStore(db, numbers, replace(kept.run_info, last_sequence=kept.last_sequence), kept.limits)
        disk.reserve(disk.last_sequence)
        sync_directory(path.parent)
        failed.pop_all()
    disk.pending = kept.pending
    kept.close(clean=False)
    return disk


def _set_aside(path: Path, wall: float) -> None:
    """Clears a place: a copy, or an older state, of this spool would give its numbers a second time.

    Raises:
        SpoolError: What lies there cannot be moved, or another process holds it.
    """
    # Whoever holds its reservations uses what lies there.
    SequenceReservations(files.numbers_of(path)).close()
    if path.stat().st_size:
        _log.error("what lies at %s is kept as %s", path, files.move_aside(path, wall).name)
    else:
        files.remove(path)
    files.numbers_of(path).unlink(missing_ok=True)
    files.make_file(path)


def _announcing(path: Path, run_info: RunInfo, wall: float) -> SpoolDatabase:
    """A spool in memory that knows of an epoch only that all of its numbers are lost."""
    db = MemoryDatabase(path)
    site, device = ("", "") if run_info.origin is None else (run_info.origin.site, run_info.origin.device)
    last = run_info.last_sequence
    with db.transaction():
        schema.create(db, run_info.generation, run_info.epoch)
        db.execute("UPDATE life SET run = ?", (run_info.run,))
        db.execute(
            "UPDATE epoch SET last = ?, reserved = ?, gaps = ?, site = nullif(?, ''), device = nullif(?, '')",
            (last, last, int(wall), site, device),
        )
        place_gaps_apart(db)
        if last:
            GapTable(db).add(run_info.epoch, [Range(1, last)], Reason.DAMAGED, wall)
    return db
