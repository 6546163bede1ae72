"""Which event numbers may have been given, kept beside the database.

A database whose write-ahead log was damaged opens as it was some time ago, which is no error to
SQLite, and its numbers would be given again. This file is written apart, before any number beyond the
last reservation becomes durable. Its lock is what keeps a second process from the spool.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from edge.errors import SpoolError
from edge.types import DeviceKey

SLOT = 512
"""Bytes of each of the two slots; a disk writes a sector of this size whole or not at all."""

_TAG = "maskgate-numbers"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Numbers up to `upto` of an epoch may have been given, under a name, by a spool of this format."""

    epoch: str
    upto: int
    format: int
    origin: DeviceKey | None = None


class SequenceReservations:
    """The open and locked file."""

    def __init__(self, path: Path, *, make: bool = True) -> None:
        """Opens the file of a spool and locks it.

        Args:
            path: The file.
            make: Whether it is made (0600) where there is none; else nothing is written then.

        Raises:
            SpoolError: It cannot be opened, or another process holds it.
        """
        self._path = path
        self._writes = 0
        try:
            self._handle = _open(path, make)
        except OSError as error:
            raise SpoolError(f"{path} cannot be opened for writing: {error.strerror}") from None
        if os.geteuid() == 0:
            # A tool that an administrator runs must not shut the service out.
            owner = path.parent.stat()
            os.fchown(self._handle, owner.st_uid, owner.st_gid)
        try:
            # The kernel takes the lock back however a process ends; a file with its id would stay.
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            spool = path.with_suffix("")
            raise SpoolError(
                f"the spool {spool} is in use by another process; stop that or set another spool.path"
            ) from None

    def read(self) -> Reservation | None:
        """The latest reservation, None where the file holds none."""
        # What cannot be read is as good as nothing: the database has a reservation too, see `opening`.
        with contextlib.suppress(OSError):
            found = _latest(os.pread(self._handle, 2 * SLOT, 0))
            if found:
                self._writes = found[0] + 1
                return found[1]
        return None

    def write(self, reservation: Reservation) -> None:
        """Makes a reservation durable.

        Raises:
            SpoolError: It could not be written.
        """
        text = f"{_TAG} {self._writes} {reservation.format} {reservation.epoch} {reservation.upto}"
        if reservation.origin is not None:
            text += f" {reservation.origin.site} {reservation.origin.device}"
        line = f"{text} {zlib.crc32(text.encode()):08x}\n".encode().ljust(SLOT, b" ")
        try:
            # In turn, so that a write that is torn by a power cut leaves the slot before it; and in place,
            # which needs no room and so works on a full disk too.
            os.pwrite(self._handle, line, self._writes % 2 * SLOT)
            os.fsync(self._handle)
        except OSError as error:
            raise SpoolError(f"{self._path} cannot be written: {error.strerror}; check the disk") from None
        self._writes += 1

    def close(self) -> None:
        """Closes the file, and so gives up the lock."""
        os.close(self._handle)


def look_at(path: Path) -> Reservation | None:
    """The latest reservation of a spool, whoever holds its file; None where there is none to be read."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        found = _latest(file.read(2 * SLOT))
        return found[1] if found else None
    return None


def _latest(content: bytes) -> tuple[int, Reservation] | None:
    """The later of both slots, see `_parse`."""
    found = [item for item in map(_parse, (content[:SLOT], content[SLOT:])) if item]
    return max(found, key=lambda item: item[0], default=None)


def _open(path: Path, make: bool) -> int:
    """The file; where there is none and none is to be made, an empty one in memory."""
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_CREAT if make else flags, 0o600)
    except FileNotFoundError:
        if make:
            raise
        return os.memfd_create(path.name)


def _parse(slot: bytes) -> tuple[int, Reservation] | None:
    """How many writes came before that of a slot, and what it says; None where it is not whole."""
    text, _, check = slot.decode("ascii", "replace").rstrip().rpartition(" ")
    fields = text.split(" ")
    if check != f"{zlib.crc32(text.encode()):08x}" or len(fields) not in (5, 7) or fields[0] != _TAG:
        return None
    origin = DeviceKey(*fields[5:]) if fields[5:] else None
    return int(fields[1]), Reservation(fields[3], int(fields[4]), int(fields[2]), origin)
