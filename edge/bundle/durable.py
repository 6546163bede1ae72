"""Writes that a power cut leaves whole or not there at all.

Run as root, everything belongs to the owner of the folder it stands in: the service has a user of its
own and must be able to go back by itself from what an administrator installed.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from edge.durable import sync

FILE_MODE = 0o644
FOLDER_MODE = 0o755


def write(file: Path, blocks: Iterable[bytes]) -> None:
    """Writes a file that was not there, readable by everybody; `sync` makes its name durable."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, FILE_MODE)
    with open(handle, "wb") as target:
        os.fchmod(handle, FILE_MODE)
        for block in blocks:
            target.write(block)
        target.flush()
        os.fsync(handle)
    take_over(file)


def replace(file: Path, content: bytes) -> None:
    """Writes a file in place of the one that may be there."""
    part = file.with_name(f".{file.name}.part")
    part.unlink(missing_ok=True)
    write(part, [content])
    part.replace(file)
    sync(file.parent)


def point(link: Path, target: str) -> None:
    """Has a symbolic link lead elsewhere in one step."""
    part = link.with_name(f".{link.name}.part")
    part.unlink(missing_ok=True)
    part.symlink_to(target)
    take_over(part)
    sync(link.parent)
    part.replace(link)
    sync(link.parent)


def make_folder(directory: Path) -> None:
    """Makes a directory and those above it, where they are missing."""
    if directory.is_dir():
        return
    make_folder(directory.parent)
    directory.mkdir(mode=FOLDER_MODE)
    directory.chmod(FOLDER_MODE)
    take_over(directory)
    sync(directory.parent)


def take_over(path: Path) -> None:
    """Gives what root made to the owner of the folder that it stands in."""
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
