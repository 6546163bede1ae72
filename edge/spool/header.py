"""What the first bytes of a file tell of it, before SQLite opens and thereby changes it.

Source: SQLite, Database File Format, section 1.3.
"""

from __future__ import annotations

from pathlib import Path

from edge.errors import SpoolError
from edge.spool import files
from edge.spool.schema import APPLICATION_ID

LENGTH = 100
_MAGIC = b"SQLite format 3\0"
_MODE, _PAGES, _MARK = slice(18, 20), slice(28, 32), slice(68, 72)
_NOT_WAL = b"\1\1"


def refuse_others(path: Path) -> None:
    """Refuses another program's database: opening it would put it into WAL mode.

    Raises:
        SpoolError: It is one, or cannot be read.
    """
    numbers = files.numbers_of(path)
    known = is_spool(path) or (numbers.exists() and numbers.stat().st_size > 0)
    if not known and _has_tables(_read(path)):
        raise SpoolError(f"{path} is some other database; name another file with spool.path")


def is_spool(path: Path) -> bool:
    """Whether a file's header, if not more, is a spool's.

    Raises:
        SpoolError: It cannot be read.
    """
    return _read(path)[_MARK] == APPLICATION_ID.to_bytes(4, "big")


def _has_tables(header: bytes) -> bool:
    """Whether this begins a database with tables that is not in WAL mode, as a spool is from the start."""
    pages = int.from_bytes(header[_PAGES], "big")
    return header.startswith(_MAGIC) and header[_MODE] == _NOT_WAL and pages > 1


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LENGTH)
    except OSError as error:
        raise SpoolError(f"the spool {path} cannot be read: {error.strerror}") from None
