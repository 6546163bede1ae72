"""The tables. Another format is another number in `FORMAT`."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

FORMAT = 3

metadata = MetaData()

_Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the column is an INTEGER."""


def _counter(*, key: bool = False) -> tuple[Column[str], Column[str], Column[str]]:
    names = ("site", "device", "epoch")
    one, two, three = (Column(name, Text, primary_key=key, nullable=False) for name in names)
    return one, two, three


version = Table("maskgate_collector", metadata, Column("format", Integer, nullable=False))

event = Table(
    "event",
    metadata,
    Column("id", Text, nullable=False),
    *_counter(key=True),
    Column("sequence", BigInteger, primary_key=True, autoincrement=False),
    Column("pass_id", Text, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("with_mask", Float(53), nullable=False),
    Column("without_mask", Float(53), nullable=False),
    Column("mask_worn_incorrectly", Float(53), nullable=False),
    Column("votes_with_mask", Float(53), nullable=False),
    Column("votes_without_mask", Float(53), nullable=False),
    Column("votes_mask_worn_incorrectly", Float(53), nullable=False),
    Column("frames", BigInteger, nullable=False),
    Column("face_px", BigInteger, nullable=False),
    Column("model_version", Text, nullable=False),
    Column("wall_time", Text, nullable=False),
    Column("at", Float(53), nullable=False),
    Column("monotonic_time", Float(53), nullable=False),
    Column("clock_synced", Boolean, nullable=False),
    Column("received", Float(53), nullable=False),
    Column("direction", Text),
    Index("event_id", "id"),
    Index("event_pass", "pass_id", "revision"),
    Index("event_at", "at"),
)

gap = Table(
    "gap",
    metadata,
    Column("id", Text, primary_key=True),
    *_counter(key=True),
    Column("first", BigInteger, nullable=False),
    Column("last", BigInteger),
    Column("reason", Text, nullable=False),
    Column("wall_time", Text, nullable=False),
    Column("received", Float(53), nullable=False),
)

epoch = Table("epoch", metadata, *_counter(key=True), Column("highest", BigInteger, nullable=False))
"""The highest sequence of each epoch that is known to exist."""

present = Table(
    "present",
    metadata,
    *_counter(key=True),
    Column("first", BigInteger, primary_key=True),
    Column("last", BigInteger, nullable=False),
)
"""The sequences that are stored or announced as gaps, as ranges that neither touch nor overlap."""

period = Table(
    "period",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("site", Text, nullable=False),
    Column("device", Text, nullable=False),
    Column("track", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("since", Float(53), nullable=False),
    Column("until", Float(53)),
    Index("period_order", "site", "device", "track", "since"),
)
"""What a device was, from when to when: on the track `presence` online, offline or unknown, on the
track `sight` blind or seeing, on the track `life` alive, from the first to the last of its signs.
`until` is null where it still is."""

rejected = Table(
    "rejected",
    metadata,
    Column("id", _Key, primary_key=True),
    Column("digest", Text, nullable=False, unique=True),
    Column("topic", Text, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", Text, nullable=False),
    Column("received", Float(53), nullable=False),
    Column("times", BigInteger, nullable=False),
)
"""Messages that broke the rules, with how often each came."""

client = Table(
    "client",
    metadata,
    Column("name", Text, primary_key=True),
    Column("seen", Float(53)),
    Column("filters", Text, nullable=False),
)
"""The collectors: when each was last connected, and what it has subscribed to, one filter a line."""
