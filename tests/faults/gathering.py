"""The reference collector beside a device, and what is in its database."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator, Set
from contextlib import closing, contextmanager
from pathlib import Path

from tests.faults.device import Device
from tests.support.collector import CollectorProcess, event_ids
from tests.support.mosquitto import PATIENCE_S, wait_until

REPLAY_S = 600.0
"""Some looks of a device at a consumer's mark, and time for what it then sends again."""


@contextmanager
def collector(port: int, database: Path) -> Iterator[CollectorProcess]:
    """`maskgate collect`, which acknowledges, as long as the context lasts."""
    process = CollectorProcess(port, database, "--consumer", "team")
    process.start()
    try:
        yield process
    finally:
        process.stop()


def count(database: Path) -> int:
    """Events in a collector's database, asked for seldom enough to leave it its time."""
    time.sleep(0.1)
    with closing(sqlite3.connect(database, timeout=PATIENCE_S)) as opened:
        return int(opened.execute("SELECT count(*) FROM event").fetchone()[0])


def gathered(ids: Set[str], database: Path) -> dict[str, int]:
    """Waits until as many events are stored as there should be; what is lost and what is there twice."""
    wait_until(lambda: count(database) >= len(ids), REPLAY_S)
    found = event_ids(database)
    kept = set(found)
    tally = {"events": len(kept), "lost": len(ids - kept), "double": len(found) - len(kept)}
    assert tally == {"events": len(ids), "lost": 0, "double": 0}
    return tally


def stored_once(sender: Device, database: Path) -> dict[str, int]:
    """The same for all that a device has decided."""
    return gathered(sender.ids, database)
