"""What commands print: progress, tables, and output that is there whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TextIO

from edge.errors import MaskGateError, SourceError, StorageError
from edge.system.files import replacing
from edge.system.native_path import ESCAPED, in_utf8, printable

if TYPE_CHECKING:
    from rich.progress import Progress

Cell = str | int | float | None

WIDEST = 10_000
"""Columns of a terminal that cuts nothing."""
GAP = 2
"""Blanks between two columns."""
WORD = 21
"""Longer words than the longest label, such as names of files, may be broken where a terminal is narrow."""
SHORTEST = 8
"""Pieces of words, where a terminal is so narrow that nothing else helps."""
MOVES = 1000
"""How often a bar moves at most; moving it costs more than most steps of what it shows."""


class ProgressBar:
    """What shows how far some work is; this one shows nothing."""

    def advance(self, done: int = 1) -> None:
        """Counts what was done since the last call."""

    def describe(self, title: str) -> None:
        """Names what is done now."""


class _TerminalBar(ProgressBar):
    def __init__(self, bars: Progress, title: str, total: int | None) -> None:
        self._bars, self._task = bars, bars.add_task(title, total=total)
        self._least, self._waiting = (total or 0) // MOVES, 0

    def advance(self, done: int = 1) -> None:
        self._waiting += done
        if self._waiting >= self._least:
            self._bars.advance(self._task, self._waiting)
            self._waiting = 0

    def describe(self, title: str) -> None:
        self._bars.update(self._task, description=title)


Span = tuple[float, float]
"""From where to where something takes the whole of a work, in shares of it."""
ProgressListener = Callable[[str, float | None, float | None], None]
"""Is told what is done now, how much of it is done, and how much of the whole work: shares, where known.

What is done is empty from the end of a bar to the begin of the next one.
"""

_listeners: list[ProgressListener] = []


@contextmanager
def progress_told_to(listener: ProgressListener) -> Iterator[None]:
    """Has a listener told of all progress in the block, in the place of the terminal."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


class _ToldBar(ProgressBar):
    def __init__(self, title: str, total: int | None, span: Span | None) -> None:
        self._title, self._total, self._span, self._done = title, total, span, 0
        self.advance(0)

    def advance(self, done: int = 1) -> None:
        self._done += done
        share = min(self._done / self._total, 1.0) if self._total else None
        whole = None
        if self._span is not None and share is not None:
            start, end = self._span
            whole = start + (end - start) * share
        _listeners[-1](self._title, share, whole)

    def describe(self, title: str) -> None:
        self._title = title
        self.advance(0)


@contextmanager
def progress(title: str, total: int | None = None, span: Span | None = None) -> Iterator[ProgressBar]:
    """Shows on a terminal what is done, how far it is, and for how long; gone at the end. Elsewhere nothing.

    Args:
        title: What is done first.
        total: How much there is to do; None where nobody knows.
        span: Of the whole work, where this is a part of something longer.
    """
    if _listeners:
        yield _ToldBar(title, total, span)
        # What comes next may take long and say nothing.
        _listeners[-1]("", None, None)
        return
    if not sys.stderr.isatty():
        yield ProgressBar()
        return
    from rich.console import Console  # noqa: PLC0415 - most runs need no terminal
    from rich.progress import (  # noqa: PLC0415
        BarColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    name = TextColumn("{task.description}", markup=False)
    columns = (name, BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bars:
        yield _TerminalBar(bars, title, total)


@dataclass(frozen=True, slots=True)
class Columns:
    """What a table holds, column by column.

    Attributes:
        kinds: A letter a column: "l" for text and "t" for ISO times, to the left, "r" for numbers, to the
            right. Columns beyond it are numbers.
        dropped_first: Heads of the columns that a narrow terminal does not show, what matters least first;
            where all of them are gone, columns go from the right.
    """

    kinds: str = "ll"
    dropped_first: tuple[str, ...] = ()


def room() -> int:
    """Columns for standard output: those of its terminal; of a file or pipe as many as anybody wants."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST


def table(rows: Sequence[Sequence[Cell]], columns: Columns | str = "ll") -> str:
    """Rows of cells as aligned columns, for standard output.

    On a terminal that is too narrow, text is wrapped, long words too, and where that is not enough, whole
    columns are left out and named below. No number is cut.

    Args:
        rows: The cells, the heads first; each row as long as the first. None is left empty.
        columns: The columns, or their kinds alone.
    """
    shape = columns if isinstance(columns, Columns) else Columns(columns)
    there = room()
    found = [
        _Column(kind, ["" if row[at] is None else printable(row[at]) for row in rows])
        for at, kind in enumerate(shape.kinds.ljust(len(rows[0]), "r")[: len(rows[0])])
    ]
    dropped = _drop(found, shape.dropped_first, there)
    if _least(found) > there:
        for column in found:
            column.squeeze()
        dropped += _drop(found, [column.cells[0] for column in found[:0:-1]], there)
    text = _text(found, there)
    if dropped:
        note = f"left out in {there} columns: {', '.join(reversed(dropped))}"
        text = f"{text}\n\n{textwrap.fill(note, there)}"
    return text


class _Column:
    """A column of a table, the narrowest that it can be, and the width that it gets."""

    def __init__(self, kind: str, cells: list[str]) -> None:
        from rich.cells import cell_len  # noqa: PLC0415 - the daemon prints no table

        self.kind, self.cells = kind, cells
        self.wanted = self.width = max(map(cell_len, cells))
        # A head may always be wrapped; what stands below it only where it is no number.
        self._broken = [cells[0].replace("_", " "), *(cell.replace("T", " ") for cell in cells[1:])]
        if kind != "t":
            self._broken[1:] = cells[1:]
        parts = cells[1:] if kind == "r" else " ".join(self._broken[1:]).split()
        self._head = max(map(cell_len, self._broken[0].split()), default=0)
        self._word = max(map(cell_len, parts), default=0)
        self.least = max(self._head, min(self._word, WORD) if kind == "l" else self._word)

    def squeeze(self) -> None:
        """Breaks words where it would rather not."""
        if self.kind == "l":
            self.least = max(self._head, min(self._word, SHORTEST))

    def shown(self) -> list[str]:
        """The cells, with blanks to break at where the column does not get the width that it asks for."""
        return self.cells if self.width >= self.wanted else self._broken


def _drop(columns: list[_Column], heads: Sequence[str], room: int) -> list[str]:
    """Takes columns out, in the order of `heads`, until the others have room; gives the heads of those."""
    dropped: list[str] = []
    for head in heads:
        if _least(columns) <= room:
            break
        columns[:] = [column for column in columns if column.cells[0] != head]
        dropped.append(head)
    return dropped


def _least(columns: Sequence[_Column]) -> int:
    return sum(column.least + GAP for column in columns) - GAP


def _text(columns: Sequence[_Column], room: int) -> str:
    """The lines of a table: what is left beside the narrowest columns goes to those that ask for least."""
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    spare = room - _least(columns)
    for column in sorted(columns, key=lambda column: column.wanted - column.least):
        more = max(0, min(column.wanted - column.least, spare))
        column.width, spare = column.least + more, spare - more
    made = Table(box=None, show_header=False, padding=(0, GAP, 0, 0), pad_edge=False)
    for column in columns:
        side: Literal["left", "right"] = "right" if column.kind == "r" else "left"
        made.add_column(justify=side, width=column.width, overflow="fold")
    for row in zip(*(column.shown() for column in columns), strict=True):
        # As Text, since a string would be read as markup.
        made.add_row(*map(Text, row))
    out = StringIO()
    Console(file=out, width=WIDEST, color_system=None).print(made)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def json_text(value: object, indent: int | None = None) -> str:
    """A value as JSON that every reader takes: a byte of a name that is not UTF-8 is written as `\\xe9`."""
    return json.dumps(_in_unicode(value), indent=indent)


def _in_unicode(value: object) -> object:
    if isinstance(value, str):
        return in_utf8(value)
    if isinstance(value, dict):
        return {_in_unicode(key): _in_unicode(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_in_unicode(one) for one in value]
    return value


def raise_skipped(skipped: Sequence[SourceError]) -> None:
    """Ends a command whose work is done with the name of everything that it had to pass over.

    Raises:
        SourceError: There is something; each has a line.
    """
    if skipped:
        raise SourceError("\n".join(map(str, skipped)))


@contextmanager
def written(file: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is there whole or not at all.

    Raises:
        StorageError: It cannot be written; what was in a file before still is.
    """
    if file is None:
        with _standard_output() as out:
            yield out
        return
    try:
        with (
            replacing(file) as partial,
            partial.open("x", encoding="utf-8", errors=ESCAPED, newline="") as out,
        ):
            yield out
    except StorageError as error:
        raise StorageError(
            f"{file} cannot be written: {error.strerror}; nothing was changed", error
        ) from None


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    try:
        yield sys.stdout
        sys.stdout.flush()
    except (MaskGateError, BrokenPipeError):
        raise
    except OSError as error:
        # What is still in its buffer must not be tried once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise StorageError(f"standard output cannot be written: {error.strerror}") from None
