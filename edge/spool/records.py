"""The values that cross the spool, besides events."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from edge.config import SpoolConfig
from edge.messages.ranges import Range
from edge.telemetry.records import Minute
from edge.types import SEQUENCE_BITS, Reason

GENERATION_BITS = SEQUENCE_BITS
"""An event's position is its epoch's generation and its sequence: `generation << 40 | sequence`."""

MOST_MINUTES = 7 * 24 * 60
"""Minutes that wait for a disk that takes nothing; of longer ago none is kept either."""

SEQUENCE_MASK = (1 << GENERATION_BITS) - 1


def sequence_of(position: int) -> int:
    """The sequence of an event, of whatever epoch, by its position in the spool."""
    return position & SEQUENCE_MASK


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a spool keeps; `SpoolConfig` says how much that is unless somebody wants otherwise.

    Attributes:
        max_events: Events, acknowledged or not.
        max_bytes: Size of the database; its write-ahead log comes on top, with at most some MiB.
        keep_days: How long acknowledged events, announced gaps, statistics and marks stay.
    """

    max_events: int
    max_bytes: int
    keep_days: float


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event to be stored: its sequence, the bytes that are published, the Unix time of its decision."""

    sequence: int
    payload: bytes
    wall: float


@dataclass(frozen=True, slots=True)
class LostRange:
    """Numbers of the present epoch that are to be announced as a gap, each one a dropped event."""

    numbers: Range
    reason: Reason


@dataclass(frozen=True, slots=True)
class ConsumerMark:
    """What a consumer says it has: every number up to `contiguous`; `heard` is Unix time."""

    consumer: str
    epoch: str
    contiguous: int
    heard: float


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay found: events that are sent again, that were unsent already, that are no longer kept."""

    again: int
    waiting: int
    gone: int


@dataclass(frozen=True, slots=True)
class Purged:
    """How many events were deleted."""

    acknowledged: int
    unsent: int


@dataclass(slots=True)
class WriteBatch:
    """What goes to disk in one transaction: events, and what is to change of those that are there.

    Attributes:
        events: In the order of their sequences.
        sent: Positions of events that a broker has acknowledged.
        refused: Positions of events that no broker will take.
        announced: Positions of gaps that a broker has acknowledged.
        lost: Sequences that never reached the file.
        minutes: By their beginning.
        marks: By consumer and epoch.
    """

    events: deque[EventRow] = field(default_factory=deque)
    sent: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    announced: set[int] = field(default_factory=set)
    lost: list[LostRange] = field(default_factory=list)
    minutes: dict[int, Minute] = field(default_factory=dict)
    marks: dict[tuple[str, str], ConsumerMark] = field(default_factory=dict)

    def __bool__(self) -> bool:
        events, gaps = self.events or self.sent or self.refused, self.lost or self.announced
        return bool(events or gaps or self.minutes or self.marks)

    @property
    def last_sequence(self) -> int:
        """The highest sequence of an event or of a loss; 0 where there is neither."""
        ends = [event.sequence for event in self.events]
        ends += [lost.numbers.last for lost in self.lost]
        return max(ends, default=0)

    def add_minute(self, minute: Minute) -> None:
        """Adds to a minute; where many wait, the one that has waited longest is forgotten."""
        known = self.minutes.get(minute.start)
        self.minutes[minute.start] = minute if known is None else known + minute
        if len(self.minutes) > MOST_MINUTES:
            del self.minutes[next(iter(self.minutes))]

    def add_lost(self, sequence: int, reason: Reason) -> None:
        """Adds a sequence that never reaches the file."""
        if self.lost and self.lost[-1].reason is reason and self.lost[-1].numbers.last + 1 == sequence:
            self.lost[-1] = LostRange(Range(self.lost[-1].numbers.first, sequence), reason)
        else:
            self.lost.append(LostRange(Range(sequence, sequence), reason))

    def set_mark(self, mark: ConsumerMark) -> None:
        """Replaces what a consumer said before."""
        self.marks[mark.consumer, mark.epoch] = mark


def limits_of(config: SpoolConfig) -> Limits:
    """How much the spool is to keep."""
    return Limits(config.max_events, config.max_mib << 20, config.keep_days)
