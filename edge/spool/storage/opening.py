"""From a path to an open store: new, as it was left, brought up to date, or in place of a damaged one."""

from __future__ import annotations

import contextlib
import logging
import os
from dataclasses import astuple, dataclass
from pathlib import Path

from edge.errors import SpoolError
from edge.messages.ranges import Range
from edge.spool.records import Limits
from edge.spool.storage import epochs, files, integrity, recovery, schema
from edge.spool.storage.database import DamagedError, SpoolDatabase
from edge.spool.storage.gaps import GapTable
from edge.spool.storage.integrity import is_database, is_spool, refuse_others
from edge.spool.storage.schema import APPLICATION_ID, FORMAT
from edge.spool.storage.sequences import Reservation, SequenceReservations, look_at
from edge.spool.storage.store import RESERVE, EventStore, RunInfo
from edge.system.files import sync_directory
from edge.telemetry.records import DAY_S
from edge.types import DeviceKey, Reason

JUMP = 64
"""Gaps are numbered from so much further on after an end without notice: the file may have lost some."""

REPAIR = "the daemon moves it aside when it is started"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class OpenedStore:
    """An open store, and what was wrong with the file; empty where nothing was."""

    store: EventStore
    problem: str


def open_store(path: Path, wall: float, limits: Limits, origin: DeviceKey | None = None) -> OpenedStore:
    """Opens a spool, makes it where there is none, moves it aside where it is damaged; counts this run.

    Args:
        path: The file; its directory is made (0700) where only that is missing.
        wall: Unix time now.
        limits: How much it keeps.
        origin: Under which name sequences are given; another one than before begins an epoch. None goes on
            with the one that is there.

    Raises:
        SpoolError: It cannot be opened, is something else, or another process holds it.
    """
    files.make_file(path)
    refuse_others(path)
    with contextlib.ExitStack() as stack:
        # Before SQLite opens the file: the lock on the reservations keeps a second process out.
        numbers = SequenceReservations(files.numbers_of(path))
        stack.callback(numbers.close)
        reservation = numbers.read()
        db, damage = _open_or_replace(path, reservation, wall)
        stack.callback(db.close)
        run_info, loss = _begin_run(db, reservation, wall, origin)
        store = EventStore(db, numbers, run_info, limits)
        store.reserve(store.last_sequence)
        # The file of the reservations is new, and its name must survive a power cut too.
        if reservation is None:
            sync_directory(path.parent)
        stack.pop_all()
    files.tidy(path, 2 * limits.max_bytes, wall - limits.keep_days * DAY_S)
    return OpenedStore(store, damage or loss)


def examine_place(path: Path) -> None:
    """Refuses a place where this user can have no spool; opens and makes nothing, whoever holds it.

    Raises:
        SpoolError: It is a folder, some other file, a spool of a newer maskgate, or nothing can be written.
    """
    # Not Path's own: they fail where a folder may not be looked into, which is a question of who asks.
    if os.path.isdir(path):
        raise SpoolError(f"{path} is a folder; name a file with spool.path")
    files.examine_rights(path)
    if os.path.exists(path):
        refuse_others(path)
        if path.stat().st_size and not is_database(path) and not files.numbers_of(path).exists():
            raise SpoolError(f"{path} is no spool of MaskGate; name another file with spool.path")
        if is_spool(path):
            _refuse_unknown(path, integrity.format_of(path), look_at(files.numbers_of(path)))


def look_into(path: Path, limits: Limits, *, check: bool) -> EventStore:
    """Opens a spool for a tool while no daemon runs: counts no run and repairs nothing.

    Args:
        path: The file.
        limits: How much it keeps.
        check: Whether all of its rows are looked at first.

    Raises:
        SpoolError: There is none, it needs the daemon's repair first, or another process holds it.
    """
    if not (path.is_file() and path.stat().st_size):
        raise SpoolError(f"there is no spool at {path}; name its configuration with --config")
    refuse_others(path)
    with contextlib.ExitStack() as stack:
        numbers = SequenceReservations(files.numbers_of(path), make=False)
        stack.callback(numbers.close)
        try:
            db = SpoolDatabase(path)
            stack.callback(db.close)
            if _format(db, path, numbers.read()) != FORMAT:
                raise SpoolError(f"{path} was written by an older maskgate; start the daemon once")
            if check:
                integrity.check_rows(db)
            store = EventStore(db, numbers, integrity.read_run_info(db), limits)
        except DamagedError as error:
            raise SpoolError(f"{error}; {REPAIR}") from None
        stack.pop_all()
        return store


def _open_or_replace(path: Path, reservation: Reservation | None, wall: float) -> tuple[SpoolDatabase, str]:
    try:
        return _open_whole(path, reservation, wall), ""
    except DamagedError as error:
        # What nothing marks as a spool may be somebody's data, and is not moved.
        if reservation is None and not is_spool(path):
            raise SpoolError(f"{path} is no spool of MaskGate; name another file with spool.path") from None
        db, problem = recovery.replace(path, reservation, wall, str(error))
        _log.error("%s", problem)
        return db, problem


def _open_whole(path: Path, reservation: Reservation | None, wall: float) -> SpoolDatabase:
    """Opens a file and makes sure that all of it is as it was written."""
    # To SQLite an empty file is a new database, and no error.
    if reservation is not None and not path.stat().st_size:
        raise DamagedError(f"the spool {path} is damaged: it is empty")
    db = SpoolDatabase(path)
    try:
        if not db.all("SELECT 1 FROM sqlite_schema"):
            _create(db, path, reservation, wall)
        version = _format(db, path, reservation)
        # Before the upgrade, which seals every row as it is.
        db.check()
        if version < FORMAT:
            with db.transaction():
                schema.upgrade(db, version)
        integrity.check_rows(db)
    except BaseException:
        db.close()
        raise
    return db


def _create(db: SpoolDatabase, path: Path, reservation: Reservation | None, wall: float) -> None:
    if reservation is not None:
        raise DamagedError(f"the spool {path} is damaged: it holds nothing any more")
    with db.transaction():
        schema.create(db, 0, schema.new_epoch(wall))


def _format(db: SpoolDatabase, path: Path, reservation: Reservation | None) -> int:
    """The format of a spool.

    Raises:
        DamagedError: It was a spool by what its reservations say, and does not look like one any more.
        SpoolError: It is some other database, or of a newer format.
    """
    (application,), (version,) = (db.one(f"PRAGMA {name}") for name in ("application_id", "user_version"))
    was_spool = reservation is not None and bool(db.all("SELECT 1 FROM sqlite_schema WHERE name = 'event'"))
    if application != APPLICATION_ID:
        if was_spool:
            raise DamagedError(f"the spool {path} is damaged: its mark is gone")
        raise SpoolError(f"{path} is some other database; name another file with spool.path")
    damaged = _refuse_unknown(path, version, reservation)
    if damaged:
        raise DamagedError(f"the spool {path} is damaged: it claims to have format {version}")
    return int(version)


def _refuse_unknown(path: Path, version: int, reservation: Reservation | None) -> bool:
    """Refuses a format that is not known; whether it is damage instead."""
    if 1 <= version <= FORMAT:
        return False
    # The reservations name the format that it had: another one in the header is damage, no newer program.
    if reservation is not None and reservation.format == FORMAT:
        return True
    raise SpoolError(
        f"{path} has format {version}, this maskgate reads {FORMAT}; "
        "update maskgate or name another file with spool.path"
    )


def _begin_run(
    db: SpoolDatabase, reservation: Reservation | None, wall: float, origin: DeviceKey | None
) -> tuple[RunInfo, str]:
    """Counts this run, announces the numbers that the last one kept in reserve, and looks at the name."""
    with db.transaction():
        db.execute("UPDATE life SET run = run + 1")
        if origin is not None:
            epochs.adopt(db, origin)
        run_info = integrity.read_run_info(db)
        problem = _announce_unaccounted(db, run_info, reservation, wall)
        if origin is not None and run_info.origin != origin:
            _log.warning("this device was %s and is %s now: it begins to count anew", run_info.origin, origin)
            epochs.begin(db, run_info.generation + 1, origin, wall)
    return integrity.read_run_info(db), problem


def _announce_unaccounted(
    db: SpoolDatabase, run_info: RunInfo, reservation: Reservation | None, wall: float
) -> str:
    """Announces what the last run kept in reserve; a sentence where that is more than can be explained."""
    problem = ""
    (reserved,) = db.one("SELECT reserved FROM epoch WHERE generation = ?", (run_info.generation,))
    upto = max(run_info.last_sequence, reserved)
    # Of the same epoch, the reservations may be ahead of a database that lost the end of its log;
    # of one that is not in the file, they are what is left of a spool that was replaced.
    if reservation is not None and reservation.epoch == run_info.epoch:
        upto = max(upto, reservation.upto)
    elif reservation is not None and not db.all("SELECT 1 FROM epoch WHERE name = ?", (reservation.epoch,)):
        problem = _announce_lost_epoch(db, reservation, wall)
    if upto > run_info.last_sequence:
        problem = _announce_reserved(db, run_info, upto, wall) or problem
    return problem


def _announce_reserved(db: SpoolDatabase, run_info: RunInfo, upto: int, wall: float) -> str:
    """Goes on after the numbers in reserve; a sentence where these are more than can be explained."""
    missing = Range(run_info.last_sequence + 1, upto)
    db.execute(
        "UPDATE epoch SET last = ?, gaps = gaps + ? WHERE generation = ?", (upto, JUMP, run_info.generation)
    )
    GapTable(db).add(run_info.epoch, [missing], Reason.RESTART, wall)
    if len(missing) <= 2 * RESERVE:
        return ""
    problem = (
        f"the spool has lost events between {missing.first} and {missing.last}; they are announced as a gap"
    )
    _log.error("%s", problem)
    return problem


def _announce_lost_epoch(db: SpoolDatabase, reservation: Reservation, wall: float) -> str:
    """Announces the loss of an epoch that another file held in this one's place."""
    (oldest,) = db.one("SELECT min(generation) FROM epoch")
    site, device = (None, None) if reservation.origin is None else astuple(reservation.origin)
    values = (oldest - 1, reservation.epoch, reservation.upto, reservation.upto, int(wall), site, device)
    db.execute("INSERT INTO epoch VALUES (?, ?, ?, ?, ?, ?, ?)", values)
    GapTable(db).add(reservation.epoch, [Range(1, max(reservation.upto, 1))], Reason.DAMAGED, wall)
    problem = f"the spool that held epoch {reservation.epoch} is gone; its events are announced as a gap"
    _log.error("%s", problem)
    return problem
