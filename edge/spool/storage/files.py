"""The names of the files of a spool, and how they are made and kept."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from edge.errors import SpoolError
from edge.system.files import sync_directory

LOG = "-wal"
MOST_DAMAGED = 3
"""Damaged files that are kept for somebody to look at."""


def numbers_of(path: Path) -> Path:
    """Where a spool keeps its reservations."""
    return path.with_name(path.name + ".numbers")


def socket_of(path: Path) -> Path:
    """Where the daemon that holds a spool answers the tools."""
    return path.with_name(path.name + ".sock")


@contextlib.contextmanager
def short_name(path: Path) -> Iterator[str]:
    """Another name for a file, of at most a hundred bytes as sockets need it; valid within the block.

    Raises:
        OSError: Its directory cannot be opened.
    """
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        # unix(7): the address of a socket has 108 bytes, and `spool.path` may be longer.
        yield f"/proc/self/fd/{directory}/{path.name}"
    finally:
        os.close(directory)


def make_file(path: Path) -> None:
    """Makes a spool's directory (0700) and file (0600) durably, where they are missing.

    Raises:
        SpoolError: They cannot be made or written.
    """
    with _as_spool_error(path):
        _refuse_special(path)
        path.parent.mkdir(mode=0o700, exist_ok=True)
        _require_short(path, path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        sync_directory(path.parent)


def examine_rights(path: Path) -> None:
    """Refuses a place where this user can make or write no spool; makes nothing, and opens no file.

    Raises:
        SpoolError: It is one, with the sentence of `make_file`.
    """
    above = path.parent if os.path.lexists(path.parent) else path.parent.parent
    with _as_spool_error(path):
        _require(stat.S_ISDIR(above.stat().st_mode), errno.ENOTDIR)
        # Its log and its reservations lie beside it.
        _require_access(above, os.W_OK | os.X_OK)
        _require_short(path, above)
        _require(not numbers_of(path).is_symlink(), errno.ELOOP)
        for file in (path, numbers_of(path), _log(path)):
            _refuse_special(file)
            # A link to nothing is followed when the file is made.
            target = Path(os.path.realpath(file))
            if target.exists():
                _require_access(target, os.R_OK | os.W_OK)
            elif file.is_symlink():
                _require_access(target.parent, os.W_OK | os.X_OK)


def _refuse_special(file: Path) -> None:
    """Refuses a pipe, which would be waited for, a device, a folder, and a link to itself."""
    with contextlib.suppress(FileNotFoundError):
        mode = file.stat().st_mode
        _require(stat.S_ISREG(mode), errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL)


def _require_short(path: Path, folder: Path) -> None:
    """Refuses a name that leaves no room for those of the files beside it."""
    longest = len(os.fsencode(numbers_of(path).name))
    _require(longest <= os.pathconf(folder, "PC_NAME_MAX"), errno.ENAMETOOLONG)


def _require_access(path: Path, mode: int) -> None:
    if not os.access(path, mode, effective_ids=True):
        path.stat()
        read_only = os.statvfs(path).f_flag & os.ST_RDONLY
        raise OSError(errno.EROFS if read_only else errno.EACCES, "")


def _require(holds: bool, code: int) -> None:
    if not holds:
        raise OSError(code, "")


@contextlib.contextmanager
def _as_spool_error(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = "it is no file" if error.errno == errno.EINVAL else os.strerror(error.errno or 0)
        raise SpoolError(
            f"the spool {path} cannot be opened for writing: {reason}; set spool.path to a file "
            "in a directory that this user may write to"
        ) from None


def move_aside(path: Path, wall: float) -> Path:
    """Renames a damaged spool and its log, durably; the new name.

    Raises:
        SpoolError: It cannot be renamed.
    """
    stamp = datetime.fromtimestamp(wall, UTC).strftime("%Y%m%dT%H%M%S")
    aside = path.with_name(f"{path.name}.damaged-{stamp}")
    # Two damages within a second must not overwrite each other.
    while aside.exists():
        aside = aside.with_name(aside.name + "a")
    try:
        # The log first: one that stays behind would be applied to the new file.
        if _log(path).exists():
            _log(path).replace(_log(aside))
        path.replace(aside)
        sync_directory(path.parent)
    except OSError as error:
        raise SpoolError(f"the damaged {path} cannot be moved aside: {error.strerror}") from None
    return aside


def remove(path: Path) -> None:
    """Deletes a spool that holds nothing, and its log.

    Raises:
        SpoolError: It cannot be deleted.
    """
    try:
        path.unlink()
        _log(path).unlink(missing_ok=True)
        sync_directory(path.parent)
    except OSError as error:
        raise SpoolError(f"the damaged {path} cannot be deleted: {error.strerror}") from None


def damaged(path: Path) -> list[Path]:
    """The files that were moved aside, the latest first."""
    found = [file for file in path.parent.glob(f"{path.name}.damaged-*") if not file.name.endswith(LOG)]
    return sorted(found, key=lambda file: file.name, reverse=True)


def tidy(path: Path, most_bytes: int, before: float) -> None:
    """Deletes damaged files beyond a few, beyond so many bytes in all, or of before a Unix time."""
    left = most_bytes
    for number, file in enumerate(damaged(path)):
        # The spool is open by now, and must not fail over old files.
        with contextlib.suppress(OSError):
            state = file.stat()
            left -= state.st_size + (_log(file).stat().st_size if _log(file).exists() else 0)
            if number >= MOST_DAMAGED or left < 0 or state.st_mtime < before:
                file.unlink()
                _log(file).unlink(missing_ok=True)


def _log(path: Path) -> Path:
    return path.with_name(path.name + LOG)
