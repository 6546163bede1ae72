"""Writes files in one piece: a kill or a full disk leaves the old file or the new one, never half of one."""

from __future__ import annotations

from pathlib import Path

from edge.types import StorageError


def write(file: Path, content: bytes) -> None:
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
