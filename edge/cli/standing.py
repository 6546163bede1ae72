"""The table of `maskgate events stats`."""

from __future__ import annotations

import time
from collections.abc import Iterator

from edge.messages.payloads import iso_time
from edge.spool.control.requests import Standing


def table(found: Standing) -> str:
    """How a spool stands, as text."""
    lines = list(_lines(found))
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in lines)


def _lines(found: Standing) -> Iterator[tuple[str, str]]:
    for epoch in found.epochs:
        yield "epoch", f"{epoch.name}, numbers to {epoch.last}"
    yield (
        "unsent",
        f"{found.unsent}, and {found.waiting} not on disk yet" if found.waiting else f"{found.unsent}",
    )
    if found.oldest_unsent is not None:
        yield "oldest unsent", f"{iso_time(found.oldest_unsent)}, {_ago(found.oldest_unsent)}"
    yield "stored", f"{found.stored} of at most {found.max_events}"
    yield "size", f"{found.bytes / 2**20:.1f} of at most {found.max_bytes / 2**20:.0f} MiB"
    yield "dropped", ", ".join(f"{count} ({reason})" for reason, count in found.dropped.items()) or "0"
    yield "gaps", f"{found.gaps}, {found.gaps_unsent} not announced yet"
    for mark in found.marks:
        yield (
            f"consumer {mark.consumer}",
            f"has all to {mark.contiguous} of {mark.epoch}, {_ago(mark.heard)}",
        )
    yield "problem", found.problem or "none"


def _ago(wall: float) -> str:
    seconds = max(time.time() - wall, 0.0)
    for size, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name} ago"
    return f"{seconds:.0f} seconds ago"
