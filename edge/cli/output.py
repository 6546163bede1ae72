"""What commands print: progress, columns, and output that is there whole or not at all."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from edge.errors import MaskGateError, StorageError
from edge.system.files import replacing

SHORT = 1 << 20
"""Bytes that are worked through before one would look at a bar."""
STEP = 1 << 16


@contextmanager
def bar(title: str, size: int | None, passes: int) -> Iterator[Callable[[int], None]]:
    """A bar on standard error; gone at the end, and not there for short work or without a terminal.

    Args:
        title: What is done.
        size: Bytes to work through; None where nobody knows.
        passes: How often they are.
    """
    if not sys.stderr.isatty() or (size is not None and size < SHORT):
        yield lambda _: None
        return
    from rich.console import Console  # noqa: PLC0415 - most runs need no terminal
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None if size is None else size * passes)
        yield _in_steps(lambda done: progress.advance(task, done))


def _in_steps(advance: Callable[[int], None]) -> Callable[[int], None]:
    """Moving a bar costs more than most steps."""
    waiting = 0

    def turned(done: int) -> None:
        nonlocal waiting
        waiting += done
        if waiting >= STEP:
            advance(waiting)
            waiting = 0

    return turned


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


def align(lines: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest entry: the first two to the left, the others to the right."""
    wide = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(
            entry.ljust(width) if place < 2 else entry.rjust(width)
            for place, (entry, width) in enumerate(zip(line, wide, strict=True))
        ).rstrip()
        for line in lines
    )


@contextmanager
def steps() -> Iterator[Callable[[str], None]]:
    """Shows on a terminal which step runs, and for how long; elsewhere nothing."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, disable=not sys.stderr.isatty(), transient=True) as bar:
        task = bar.add_task("starting", total=None)
        yield lambda words: bar.update(task, description=words)
