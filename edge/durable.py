"""What a power cut must not undo."""

from __future__ import annotations

import os
from pathlib import Path


def sync(directory: Path) -> None:
    """Makes names that were added, replaced or removed in a directory durable."""
    handle = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
