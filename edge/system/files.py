"""Writes that a power cut, a kill or a full disk leaves whole or not there at all.

Content is written under another name beside the file, made durable, and then takes the file's place in
one step. Run as root, everything belongs to the owner of the folder it stands in: the service has a user
of its own and must be able to go back by itself from what an administrator installed.
"""

from __future__ import annotations

import errno
import glob
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from edge.errors import MaskGateError, StorageError

FILE_MODE = 0o644
FOLDER_MODE = 0o755


def write_atomic(file: Path, content: bytes | Iterable[bytes]) -> None:
    """Puts content, whole or block by block, into a file in one step; makes its folder where it is missing.

    Raises:
        StorageError: It cannot be written, as on a full disk. What stood there is untouched.
    """
    blocks = (content,) if isinstance(content, bytes) else content
    with _as_storage_error(file):
        file.parent.mkdir(parents=True, exist_ok=True)
        with _in_place_of(file) as partial, _created(partial) as target:
            target.writelines(blocks)


def make_folder_of(file: Path) -> None:
    """Makes the folder of a file where it is missing.

    Raises:
        StorageError: It cannot be made.
    """
    with _as_storage_error(file):
        file.parent.mkdir(parents=True, exist_ok=True)


def try_place(file: Path) -> None:
    """Tries whether a file can be written, and leaves all as it was; its folder must be there.

    Raises:
        StorageError: It cannot, or it is a folder.
    """
    with _as_storage_error(file):
        if file.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        trial = _partial_of(file)
        try:
            with _created(trial):
                pass
        finally:
            trial.unlink(missing_ok=True)


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Gives a library a path beside a file to write to; at the end, what is there replaces the file.

    The path ends as the file's name does, since libraries go by that. The folder must be there. An error
    in the block leaves the file as it was.

    Raises:
        StorageError: It cannot be written, as on a full disk. What stood there is untouched.
    """
    with _as_storage_error(file), _in_place_of(file) as partial:
        yield partial
        _sync(partial, os.O_RDONLY)
        take_over(partial)


def replace_link(link: Path, target: str) -> None:
    """Has a symbolic link lead elsewhere in one step.

    Raises:
        OSError: It cannot be made; the link leads where it led.
    """
    with _in_place_of(link) as partial:
        partial.symlink_to(target)
        take_over(partial)
        sync_directory(link.parent)


def write_new(file: Path, blocks: Iterable[bytes]) -> None:
    """Writes a file that was not there, readable by everybody; `sync_directory` makes its name durable.

    Raises:
        OSError: It is there, or cannot be written.
    """
    with _created(file) as target:
        os.fchmod(target.fileno(), FILE_MODE)
        target.writelines(blocks)


def make_folder(directory: Path) -> None:
    """Makes a directory and those above it, where they are missing."""
    if directory.is_dir():
        return
    make_folder(directory.parent)
    directory.mkdir(mode=FOLDER_MODE)
    directory.chmod(FOLDER_MODE)
    take_over(directory)
    sync_directory(directory.parent)


def sync_directory(directory: Path) -> None:
    """Makes names that were added, replaced or removed in a directory durable."""
    _sync(directory, os.O_RDONLY | os.O_DIRECTORY)


def take_over(path: Path) -> None:
    """Gives what root made to the owner of the folder that it stands in."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


@contextmanager
def _created(file: Path) -> Iterator[BinaryIO]:
    """A file that was not there, durable at the end but for its name."""
    # In a folder of the service, root must not be led out of it by a link that was put there meanwhile.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with open(os.open(file, flags, 0o666), "wb") as target:
        yield target
        target.flush()
        os.fsync(target.fileno())
    take_over(file)


def _sync(path: Path, flags: int) -> None:
    handle = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _in_place_of(file: Path) -> Iterator[Path]:
    """A name beside a file; what has that name at the end replaces the file, and on an error is removed."""
    partial = _partial_of(file)
    _remove_leftovers(file)
    try:
        yield partial
        # fsync(2): the new name is durable only after the directory is.
        partial.replace(file)
        sync_directory(file.parent)
    except BaseException:
        with suppress(OSError):
            partial.unlink(missing_ok=True)
        raise


def _partial_of(file: Path) -> Path:
    """The name beside a file under which this process writes it, so that two do not meet in one."""
    return file.with_name(f"partial-{os.getpid()}-{file.name}")


def _remove_leftovers(file: Path) -> None:
    """Removes what processes left beside a file that were killed while they wrote it."""
    for partial in file.parent.glob(f"partial-[0-9]*-{glob.escape(file.name)}"):
        process = partial.name.split("-", 2)[1]
        # With this process's number it is of an earlier one, whose number was given again.
        if process == str(os.getpid()) or not Path("/proc", process).exists():
            with suppress(OSError):
                partial.unlink()


@contextmanager
def _as_storage_error(file: Path) -> Iterator[None]:
    try:
        yield
    except MaskGateError:
        raise
    except OSError as error:
        full = error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
        advice = "Make room, then go on with the same command or --resume" if full else "Choose another place"
        raise StorageError(
            f"{file} cannot be written: {error.strerror or error}; nothing that was there is lost. {advice}",
            error,
        ) from None
