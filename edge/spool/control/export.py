"""Events as JSON lines or CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, TextIO

from edge.spool.control.requests import StoredEvent


def write_jsonl(rows: Iterable[StoredEvent], out: TextIO) -> int:
    """Writes each event's message, byte for byte as it is sent, on a line; how many."""
    count = 0
    for row in rows:
        out.write(row.payload + "\n")
        count += 1
    return count


def write_csv(rows: Iterable[StoredEvent], out: TextIO) -> int:
    """Writes a table with a column for each member, that of an object as `probabilities.with_mask`."""
    writer: csv.DictWriter[str] | None = None
    count = 0
    for row in rows:
        flat = dict(_flat(json.loads(row.payload)))
        if writer is None:
            # The first event names the columns; events of another version may have more members or fewer.
            writer = csv.DictWriter(out, list(flat), restval="", extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
        writer.writerow(flat)
        count += 1
    return count


FORMATS: dict[str, Callable[[Iterable[StoredEvent], TextIO], int]] = {"jsonl": write_jsonl, "csv": write_csv}


def _flat(members: dict[str, Any]) -> Iterator[tuple[str, object]]:
    for name, value in members.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", number) for inner, number in value.items())
        else:
            yield name, value
