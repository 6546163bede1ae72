"""Writes that a power cut or a full disk leaves whole or not there at all.

Run as root, everything belongs to the owner of the folder it stands in: the service has a user of its
own and must be able to go back by itself from what an administrator installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from edge.errors import StorageError


def sync_directory(directory: Path) -> None:
    """Makes names that were added, replaced or removed in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


FILE_MODE = 0o644
FOLDER_MODE = 0o755


def write_new(file: Path, blocks: Iterable[bytes]) -> None:
    """Writes a file that was not there, readable by everybody; `sync_directory` makes its name durable."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    with open(handle, "wb") as target:
        os.fchmod(handle, FILE_MODE)
        for block in blocks:
            target.write(block)
        target.flush()
        os.fsync(handle)
    take_over(file)


def replace_file(file: Path, content: bytes) -> None:
    """Writes a file in place of the one that may be there."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    write_new(part, [content])
    part.replace(file)
    sync_directory(file.parent)


def replace_link(link: Path, target: str) -> None:
    """Has a symbolic link lead elsewhere in one step."""
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    take_over(part)
    sync_directory(link.parent)
    part.replace(link)
    sync_directory(link.parent)


def make_folder(directory: Path) -> None:
    """Makes a directory and those above it, where they are missing."""
    if directory.is_dir():
        return
    make_folder(directory.parent)
    directory.mkdir(mode=FOLDER_MODE)
    directory.chmod(FOLDER_MODE)
    take_over(directory)
    sync_directory(directory.parent)


def take_over(path: Path) -> None:
    """Gives what root made to the owner of the folder that it stands in."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def write_atomic(file: Path, content: bytes) -> None:
    """Puts content into a file, under another name first.

    Raises:
        StorageError: It cannot be written, as on a full disk. What stood there is untouched.
    """
    partial = file.with_name(f"partial-{file.name}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        partial.write_bytes(content)
        partial.replace(file)
    except OSError as error:
        _forget(partial)
        raise StorageError(
            f"{file} cannot be written: {error.strerror or error}; nothing that was there is lost. "
            "Make room, then go on with the same command or --resume"
        ) from None


def _forget(partial: Path) -> None:
    """Gives the room of a half-written file back, as far as the disk lets it."""
    try:
        partial.unlink(missing_ok=True)
    except OSError:
        return
