"""Which event numbers may have been given, kept beside the database.

A database whose write-ahead log was damaged opens as it was some time ago, without a word, and its
numbers would be given again. This file is written apart, before any number beyond the last
reservation becomes durable, and overwritten in place, which works on a full disk too. Its lock is
what keeps a second process from the spool.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import zlib
from dataclasses import dataclass
from pathlib import Path

from edge.errors import SpoolError

SLOT = 512
"""Two slots, written in turn: a torn write leaves the other one."""

_WORD = "maskgate-numbers"


@dataclass(frozen=True, slots=True)
class Reservation:
    """Numbers up to `upto` of an epoch may have been given, by a spool of this format."""

    epoch: str
    upto: int
    format: int


class SequenceReservations:
    """The open and locked file."""

    def __init__(self, path: Path) -> None:
        """Opens the file of a spool, and makes it (0600) where there is none.

        Raises:
            SpoolError: It cannot be opened, or another process holds it.
        """
        self._path = path
        self._cycle = 0
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise SpoolError(f"{path} cannot be opened for writing: {error.strerror}") from None
        if os.geteuid() == 0:
            # A tool that an administrator runs must not shut the service out.
            owner = path.parent.stat()
            os.fchown(self._handle, owner.st_uid, owner.st_gid)
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            spool = path.with_suffix("")
            raise SpoolError(
                f"the spool {spool} is in use by another process; stop that or set another spool.path"
            ) from None

    def read(self) -> Reservation | None:
        """The latest reservation, None where the file holds none."""
        with contextlib.suppress(OSError):
            content = os.pread(self._handle, 2 * SLOT, 0)
            found = [item for item in map(_parse, (content[:SLOT], content[SLOT:])) if item]
            if found:
                cycle, reserved = max(found, key=lambda item: item[0])
                self._cycle = cycle + 1
                return reserved
        return None

    def write(self, reserved: Reservation) -> None:
        """Makes a reservation durable.

        Raises:
            SpoolError: It could not be written.
        """
        text = f"{_WORD} {self._cycle} {reserved.format} {reserved.epoch} {reserved.upto}"
        line = f"{text} {zlib.crc32(text.encode()):08x}\n".encode().ljust(SLOT, b" ")
        try:
            os.pwrite(self._handle, line, self._cycle % 2 * SLOT)
            os.fsync(self._handle)
        except OSError as error:
            raise SpoolError(f"{self._path} cannot be written: {error.strerror}; check the disk") from None
        self._cycle += 1

    def close(self) -> None:
        """Lets the spool go."""
        os.close(self._handle)


def _parse(slot: bytes) -> tuple[int, Reservation] | None:
    """The turn in which a slot was written, and what it says; None where it is not whole."""
    text, _, check = slot.decode("ascii", "replace").rstrip().rpartition(" ")
    fields = text.split(" ")
    if check != f"{zlib.crc32(text.encode()):08x}" or len(fields) != 5 or fields[0] != _WORD:
        return None
    return int(fields[1]), Reservation(fields[3], int(fields[4]), int(fields[2]))
