"""Messages that broke the rules: each kept once, with how often it came; the oldest are dropped."""

from __future__ import annotations

import hashlib
import time
from collections import Counter
from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from edge.collector.database.tables import rejected
from edge.collector.records import Rejected

KEPT_REJECTED = 10_000
KEPT_BYTES = 65_536


def store_rejected(connection: Connection, records: Iterable[Rejected]) -> None:
    """Stores what broke the rules."""
    # A faulty device repeats itself: one row counts all of it.
    by_digest = {_digest(record): record for record in records}
    times = Counter(map(_digest, records))
    there = rejected.c.digest.in_(sorted(by_digest))
    known = set(connection.execute(sa.select(rejected.c.digest).where(there)).scalars())
    if known:
        same = rejected.c.digest == sa.bindparam("of_digest")
        again = sa.update(rejected).where(same).values(times=rejected.c.times + sa.bindparam("more"))
        connection.execute(again, [{"of_digest": digest, "more": times[digest]} for digest in sorted(known)])
    new = [_row(one, digest, times[digest]) for digest, one in by_digest.items() if digest not in known]
    if new:
        connection.execute(rejected.insert(), new)
        newest = sa.select(sa.func.max(rejected.c.id)).scalar_subquery()
        connection.execute(sa.delete(rejected).where(rejected.c.id <= newest - KEPT_REJECTED))


def _digest(record: Rejected) -> str:
    return hashlib.sha256(record.topic.encode(errors="replace") + b"\0" + record.payload).hexdigest()


def _row(record: Rejected, digest: str, times: int) -> dict[str, object]:
    return {
        "digest": digest,
        "topic": _storable(record.topic),
        "payload": record.payload[:KEPT_BYTES],
        "reason": _storable(record.reason)[:500],
        "received": record.received or time.time(),
        "times": times,
    }


def _storable(text: str) -> str:
    """A text of others without what no database holds."""
    return text.replace("\0", "?").encode(errors="replace").decode()
