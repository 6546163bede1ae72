"""What commands print: progress, tables, and output that is there whole or not at all."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from edge.errors import MaskGateError, StorageError
from edge.system.files import replacing

if TYPE_CHECKING:
    from rich.progress import Progress

Cell = str | int | float | None

WIDEST = 10_000
"""Columns of a terminal that cuts nothing."""
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


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[ProgressBar]:
    """Shows on a terminal what is done, how far it is, and for how long; gone at the end. Elsewhere nothing.

    Args:
        title: What is done first.
        total: How much there is to do; None where nobody knows.
    """
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


def table(rows: Sequence[Sequence[Cell]], columns: str = "ll") -> str:
    """Rows of cells as aligned columns, for standard output.

    On a terminal that is too narrow, text is wrapped between words; neither a word nor a number is cut.

    Args:
        rows: The cells, the heads first; each row as long as the first. None is left empty.
        columns: A letter a column: "l" for text, to the left, "r" for numbers, to the right. Columns
            beyond it are numbers.
    """
    from rich.console import Console  # noqa: PLC0415 - the daemon prints no table
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    made = Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)
    for kind in columns.ljust(len(rows[0]), "r")[: len(rows[0])]:
        made.add_column(justify="left" if kind == "l" else "right", no_wrap=kind != "l")
    for row in rows:
        # As Text, since a string would be read as markup.
        made.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    out = StringIO()
    console = Console(file=out, width=WIDEST, color_system=None)
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
    console.print(made, width=max(width, console.measure(made).minimum))
    text = out.getvalue()
    return "\n".join(line.rstrip() for line in text.splitlines())


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
        # Without translation of line ends: the bytes are the same on every machine.
        with replacing(file) as partial, partial.open("x", encoding="utf-8", newline="") as out:
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
