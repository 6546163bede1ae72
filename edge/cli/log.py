"""The log on standard error: each entry one line, whatever others put into it, and no flood of one kind."""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TextIO

from edge.system.native_path import printable

FEW = 20
"""Warnings of one kind that are logged in each `WINDOW_S`; the others are counted."""
WINDOW_S = 60.0
LONGEST = 200
"""Characters of one that stands for others."""

Kind = tuple[str, int]
"""Where in the program an entry comes from: so many kinds there are, whatever others send."""


class OneLineFormatter(logging.Formatter):
    """Writes escapes for what would begin another line, move the cursor, colour, or turn the text around."""

    def __init__(self) -> None:
        # The journal brings times of its own.
        time_of_entry = "" if "JOURNAL_STREAM" in os.environ else "%(asctime)s "
        super().__init__(f"{time_of_entry}%(levelname)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging calls it so
        """The entry, but for a traceback."""
        return printable(super().formatMessage(record))

    def formatException(self, ei: object) -> str:  # noqa: N802 - logging calls it so
        """A traceback, which keeps its lines."""
        lines = super().formatException(ei).split("\n")  # type: ignore[arg-type]
        return "\n".join(map(printable, lines))


class StandardErrorHandler(logging.StreamHandler[TextIO]):
    """Logs to what is standard error at the time, which a progress bar replaces to keep its line."""

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one entry."""
        self.stream = sys.stderr
        super().emit(record)


@dataclass(slots=True)
class _Window:
    """How many warnings of one kind there were since some time."""

    since: float
    logged: int = 0
    left_out: int = 0
    last: str = ""


class LineLimit:
    """Decides which warnings of a kind are logged; takes time as an argument."""

    def __init__(self) -> None:
        self._windows: dict[Kind, _Window] = {}

    def passes(self, kind: Kind, text: str, now: float) -> bool:
        """Whether one more is logged."""
        window = self._windows.setdefault(kind, _Window(now))
        if window.logged < FEW:
            window.logged += 1
            return True
        window.left_out += 1
        window.last = text
        return False

    def ended(self, now: float) -> Iterator[tuple[int, str]]:
        """How many were left out of each kind whose time is over, and the last; the kind begins anew."""
        for kind, window in list(self._windows.items()):
            if now - window.since >= WINDOW_S:
                del self._windows[kind]
                if window.left_out:
                    yield window.left_out, window.last


class LimitedHandler(StandardErrorHandler):
    """Logs the first warnings of a kind in each minute, and how many more there were.

    For programs that run on and read what others send: who sends bad messages all the time must not fill
    the journal.
    """

    def __init__(self) -> None:
        super().__init__()
        self._limit = LineLimit()

    def emit(self, record: logging.LogRecord) -> None:
        """Writes one entry, or counts it."""
        now = time.monotonic()
        self._count(now)
        kind = (record.pathname, record.lineno)
        if record.levelno < logging.WARNING or self._limit.passes(kind, record.getMessage(), now):
            super().emit(record)

    def close(self) -> None:
        """Writes what was counted."""
        self._count(float("inf"))
        super().close()

    def _count(self, now: float) -> None:
        for left_out, last in self._limit.ended(now):
            text = f"{left_out} more like this were left out: {last[:LONGEST]}"
            super().emit(logging.LogRecord(__name__, logging.WARNING, "", 0, text, None, None))


def start_logging(level: str, handler: logging.Handler | None = None) -> None:
    """Logs to standard error."""
    handler = handler or StandardErrorHandler()
    handler.setFormatter(OneLineFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
