"""Reads files that may be anything: a pipe, a link, endless, gone in the next moment."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from edge.errors import ModelError

_BLOCK = 1 << 16


def content(file: Path, most: int) -> bytes:
    """The bytes of a plain file of at most `most` bytes.

    Raises:
        ModelError: It is missing, unreadable, larger, or no plain file.
    """
    return b"".join(blocks(file, most))


def digest(file: Path, most: int) -> str:
    """SHA-256 of a plain file, as `content` reads it."""
    found = hashlib.sha256()
    for block in blocks(file, most):
        found.update(block)
    return found.hexdigest()


def blocks(file: Path, most: int) -> Iterator[bytes]:
    """The content of a plain file piece by piece; raises like `content`."""
    try:
        # A pipe would keep whoever opens it waiting for ever; a link may lead anywhere.
        handle = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except (OSError, ValueError):
        if file.is_symlink():
            raise ModelError(f"{file} is a link, which is not a plain file of the bundle") from None
        raise ModelError(f"{file} is missing or unreadable; install the bundle again") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise ModelError(f"{file} is not a plain file of the bundle")
    with open(handle, "rb", buffering=0) as source:
        total = 0
        try:
            while block := source.read(_BLOCK):
                total += len(block)
                if total > most:
                    raise ModelError(f"{file} is larger than {most} bytes, which no file of its kind is")
                yield block
        except OSError as error:
            raise ModelError(f"{file} cannot be read: {error.strerror}") from None
