"""Reading what `maskgate events export` wrote: lines, each with where it stands, and what is wrong with them.

A file is read twice, so that all of it is checked before anything is stored, and no more than a line is
held in memory. What cannot be read twice, such as a pipe, is copied to a temporary file on its way.
"""

from __future__ import annotations

import codecs
import os
import stat
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from edge.errors import ConfigError, SourceError, StorageError

STDIN = Path("-")
LONGEST = 1 << 20
"""Bytes of a line; an event has less than a thousandth of it."""

_BEGINNINGS = (
    (b"\x1f\x8b", "it is compressed; unpack it first: gunzip -c FILE | maskgate collect load -"),
    (b"PK\x03\x04", "it is compressed; unpack it first"),
    (b"\xfd7zXZ\0", "it is compressed; unpack it first"),
    (b"(\xb5/\xfd", "it is compressed; unpack it first"),
    (b"SQLite format 3\0", "it is a database; what is loaded is made by `maskgate events export`"),
    (b"id,", "it is a CSV table, which is for people; export again with `--format jsonl`"),
)


@dataclass(frozen=True, slots=True)
class ExportLine:
    """One line of a file, from 1; `whole` where its end is there."""

    source: str
    number: int
    payload: bytes
    whole: bool

    def refusal(self, reason: str) -> SourceError:
        """The error that this line is no event."""
        if not self.whole:
            reason = f"it is cut off, the file was not copied whole ({reason})"
        printable = "".join(one if one.isprintable() else "?" for one in " ".join(reason.split()))
        shown = printable if len(printable) <= 300 else f"{printable[:300]}…"
        return SourceError(f"{self.source}, line {self.number}: {shown}; nothing was stored")


@dataclass(slots=True)
class ExportSource:
    """A file that may be read again and again; to be closed."""

    path: Path
    _copy: BinaryIO | None = field(default=None)
    _copied: bool = field(default=False)

    def close(self) -> None:
        """Deletes the copy, if there is one."""
        if self._copy is not None:
            self._copy.close()

    @property
    def name(self) -> str:
        """What sentences call it."""
        return "standard input" if self.path == STDIN else str(self.path)

    @property
    def size(self) -> int | None:
        """Bytes; None where that shows only at the end."""
        try:
            found = os.fstat(0) if self.path == STDIN else self.path.stat()
        except OSError:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def lines(self) -> Iterator[ExportLine]:
        """Every line.

        Raises:
            SourceError: It cannot be read, or is of another kind.
            StorageError: There is no room for a copy.
        """
        if self._copy is not None and self._copied:
            self._copy.seek(0)
            yield from self._split(self._copy)
            return
        with self._opened() as stream:
            if self.path != STDIN and stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
                yield from self._split(stream)
            else:
                yield from self._split(stream, self._copying)
                self._finish()

    def _split(
        self, stream: BinaryIO, pass_on: Callable[[bytes], None] = lambda _: None
    ) -> Iterator[ExportLine]:
        number = 0
        while payload := self._read(stream):
            number += 1
            # An editor puts a byte order mark before the first line; joined files have more of them.
            text = payload.removeprefix(codecs.BOM_UTF8).rstrip(b"\r\n")
            line = ExportLine(self.name, number, text, payload.endswith(b"\n"))
            _check(line)
            pass_on(payload)
            yield line

    def _copying(self, payload: bytes) -> None:
        with _room():
            if self._copy is None:
                self._copy = tempfile.TemporaryFile()  # noqa: SIM115 - closed with the source
            self._copy.write(payload)

    def _finish(self) -> None:
        # Makes a copy of an empty input too, which cannot be read again either.
        self._copying(b"")
        with _room():
            if self._copy is not None:
                self._copy.flush()
        self._copied = True

    def _read(self, stream: BinaryIO) -> bytes:
        try:
            # One byte more than allowed, so that a line which is too long shows as such.
            return stream.readline(LONGEST + 1)
        except OSError as error:
            raise self._unreadable(error) from None

    @contextmanager
    def _opened(self) -> Iterator[BinaryIO]:
        if self.path == STDIN and sys.stdin is None:
            raise SourceError(f"{self.name} is closed; nothing was stored")
        try:
            stream = open(0, "rb", closefd=False) if self.path == STDIN else self.path.open("rb")  # noqa: SIM115
        except OSError as error:
            raise self._unreadable(error) from None
        with stream:
            yield stream

    def _unreadable(self, error: OSError) -> SourceError:
        return SourceError(f"{self.name} cannot be read: {error.strerror}; nothing was stored")


def sources(paths: tuple[Path, ...]) -> list[ExportSource]:
    """The files to read, not opened yet.

    Raises:
        ConfigError: Standard input is named twice.
    """
    if paths.count(STDIN) > 1:
        raise ConfigError("standard input (-) is named twice; it can be read once")
    return [ExportSource(path) for path in paths]


def size(files: Iterable[ExportSource]) -> int | None:
    """Bytes of all files; None where that shows only at the end."""
    sizes = [file.size for file in files]
    known = [one for one in sizes if one is not None]
    return sum(known) if len(known) == len(sizes) else None


def _check(line: ExportLine) -> None:
    # What is said of these holds whether or not the end of the line is there.
    known = replace(line, whole=True)
    if line.number == 1:
        for beginning, reason in _BEGINNINGS:
            if line.payload.startswith(beginning):
                raise known.refusal(reason)
    if len(line.payload) > LONGEST:
        raise known.refusal("it is longer than any event")
    if not line.payload:
        raise known.refusal("it is empty")


@contextmanager
def _room() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        where = tempfile.gettempdir()
        raise StorageError(
            f"{where} cannot take a copy of what is read: {error.strerror}; nothing was stored"
        ) from None
