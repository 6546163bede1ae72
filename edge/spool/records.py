"""The values that cross the spool, besides events."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from edge.messages import Stored
from edge.spool.ranges import Range
from edge.types import Outcome, Reason

DAY_S = 86_400.0
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a spool keeps.

    Attributes:
        max_events: Events, acknowledged or not.
        max_bytes: Size of the database; its write-ahead log comes on top, with at most some MiB.
        keep_days: How long acknowledged events, announced gaps, statistics and marks stay.
    """

    max_events: int = 80_000
    max_bytes: int = 64 << 20
    keep_days: float = 7.0


@dataclass(frozen=True, slots=True)
class Row:
    """An event to be stored, with the Unix time of its decision."""

    event: Stored
    wall: float


@dataclass(frozen=True, slots=True)
class Lost:
    """Numbers of the present epoch that are to be announced as a gap, each one a dropped event."""

    numbers: Range
    reason: Reason


@dataclass(frozen=True, slots=True)
class Mark:
    """What a consumer says it has: every number up to `contiguous`; `heard` is Unix time."""

    consumer: str
    epoch: str
    contiguous: int
    heard: float


@dataclass(frozen=True, slots=True)
class Counts:
    """Passes by verdict."""

    compliant: int = 0
    no_mask: int = 0
    mask_incorrect: int = 0
    unsure: int = 0

    @classmethod
    def single(cls, outcome: Outcome, number: int = 1) -> Counts:
        """So many of one verdict."""
        return cls(**{outcome.value: number})

    def __add__(self, other: Counts) -> Counts:
        return Counts(
            self.compliant + other.compliant,
            self.no_mask + other.no_mask,
            self.mask_incorrect + other.mask_incorrect,
            self.unsure + other.unsure,
        )


@dataclass(frozen=True, slots=True)
class Minute:
    """What is to be added to one minute, and what it sums up to.

    Attributes:
        start: Unix time of its beginning, a multiple of 60.
        verdicts: Passes that began in it, by their latest verdict. The spool counts these itself.
        frames: Frames that were looked at.
        watched_s: Seconds in which the camera gave frames.
        blind_s: Seconds in which it did not.
    """

    start: int
    verdicts: Counts = field(default_factory=Counts)
    frames: int = 0
    watched_s: float = 0.0
    blind_s: float = 0.0

    def __post_init__(self) -> None:
        if self.start % MINUTE_S:
            raise ValueError(f"a minute begins at a multiple of 60 s, not at {self.start}")

    def __add__(self, other: Minute) -> Minute:
        return Minute(
            self.start,
            self.verdicts + other.verdicts,
            self.frames + other.frames,
            self.watched_s + other.watched_s,
            self.blind_s + other.blind_s,
        )


def minute_of(wall: float) -> int:
    """The beginning of the minute in which a Unix time lies."""
    return int(wall // MINUTE_S) * MINUTE_S


@dataclass(frozen=True, slots=True)
class Figures:
    """How full the spool is.

    Attributes:
        unsent: Events without acknowledgement, those that wait for the disk included.
        stored: Events in the file.
        bytes: Of the database, free pages left out.
        dropped: Events that were ever dropped, for whatever reason.
    """

    unsent: int
    stored: int
    bytes: int
    dropped: int


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: events that are sent again, and numbers that are no longer kept."""

    again: int
    gone: tuple[Range, ...]


@dataclass(slots=True)
class Batch:
    """What goes to disk in one transaction."""

    rows: deque[Row] = field(default_factory=deque)
    sent: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    told: set[int] = field(default_factory=set)
    lost: list[Lost] = field(default_factory=list)
    minutes: dict[int, Minute] = field(default_factory=dict)
    marks: dict[tuple[str, str], Mark] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(
            self.rows or self.sent or self.refused or self.told or self.lost or self.minutes or self.marks
        )

    def add_minute(self, minute: Minute) -> None:
        """Adds to a minute."""
        known = self.minutes.get(minute.start)
        self.minutes[minute.start] = minute if known is None else known + minute


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction changed: rows that were new, and numbers that were dropped to keep the bounds."""

    added: int
    dropped: int
