"""A bar on a terminal that shows how far long work has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

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
