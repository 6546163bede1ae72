"""A lock between threads and processes, which the kernel opens again when its holder ends."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import StorageError


@contextmanager
def file_lock(file: Path) -> Iterator[None]:
    """Holds the lock that a file stands for, and makes the file where it is missing.

    Raises:
        StorageError: It cannot be made.
    """
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        opened = file.open("w")
    except OSError as error:
        raise StorageError(f"{file} cannot be made: {error.strerror}; nothing was changed", error) from None
    with opened:
        fcntl.flock(opened, fcntl.LOCK_EX)
        yield
