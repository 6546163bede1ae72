"""Events as JSON lines or CSV."""

from __future__ import annotations

import csv
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from edge.errors import MaskGateError, StorageError
from edge.spool.control.requests import Kept


def write_jsonl(rows: Iterable[Kept], out: TextIO) -> int:
    """Writes each event's message, byte for byte as it is sent, on a line; how many."""
    count = 0
    for row in rows:
        out.write(row.payload + "\n")
        count += 1
    return count


def write_csv(rows: Iterable[Kept], out: TextIO) -> int:
    """Writes a table with a column for each member, that of an object as `probabilities.with_mask`."""
    writer: csv.DictWriter[str] | None = None
    count = 0
    for row in rows:
        flat = dict(_flat(json.loads(row.payload)))
        if writer is None:
            writer = csv.DictWriter(out, list(flat), restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerow(flat)
        count += 1
    return count


FORMATS: dict[str, Callable[[Iterable[Kept], TextIO], int]] = {"jsonl": write_jsonl, "csv": write_csv}


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
    part = None
    try:
        handle, part = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        os.replace(part, file)
    except MaskGateError:
        raise
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}; nothing was changed") from None
    finally:
        if part is not None:
            Path(part).unlink(missing_ok=True)


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


def _flat(members: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in members.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", number) for inner, number in value.items())
        else:
            yield name, value
