"""When to send again what a broker has taken and a consumer has not. Pure, takes time as an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from edge.messages.ranges import Range, merge

CHECK_S = 60.0
"""Between two checks of one consumer."""

CHECK_LONGEST_S = 3_600.0
"""Between two replays for a consumer that does not acknowledge any more."""

REQUEST_S = 5.0
"""A range is sent once within this time, however often it is requested."""

PART = 2_000
"""Numbers that are replayed at a time, and within a second: the spool's thread stores events in between."""
PART_S = 1.0
# Whoever may publish to `ack` chooses names and ranges: memory must not grow with them.
MAX_REQUESTS = 1_000
MAX_CONSUMERS = 100

Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LaggingConsumer:
    """What a consumer lacks: the events after `contiguous`.

    Attributes:
        consumer: Its name.
        epoch: The epoch of the numbers.
        contiguous: It has all up to this one.
        reconnected: The connection is a new one, so also what was sent a moment ago may be lost.
    """

    consumer: str
    epoch: str
    contiguous: int
    reconnected: bool


@dataclass(slots=True)
class _Consumer:
    contiguous: int
    due: float
    checked: float = float("-inf")
    interval: float = CHECK_S
    reconnected: bool = True


@dataclass(slots=True)
class RedeliveryTracker:
    """The consumers that acknowledge by themselves, one entry for each epoch of theirs."""

    _consumers: dict[tuple[str, str], _Consumer] = field(default_factory=dict)
    _requested: dict[tuple[str, Pair], float] = field(default_factory=dict)

    def load(self, marks: Iterable[tuple[str, str, int]], now: float) -> None:
        """Takes consumer, epoch and number of each mark that was kept."""
        for consumer, epoch, contiguous in marks:
            self._consumers[consumer, epoch] = _Consumer(contiguous, now)

    def acknowledged(self, consumer: str, epoch: str, contiguous: int, now: float) -> None:
        """A consumer has everything up to `contiguous`."""
        if len(self._consumers) >= MAX_CONSUMERS and (consumer, epoch) not in self._consumers:
            del self._consumers[next(iter(self._consumers))]
        entry = self._consumers.setdefault((consumer, epoch), _Consumer(contiguous, now, reconnected=False))
        entry.contiguous = contiguous
        # Never later than it was: a consumer that acknowledges all the time is checked all the same.
        entry.due = min(entry.due, now + CHECK_S)
        entry.interval = CHECK_S

    def connected(self, now: float) -> None:
        """A broker that was away may have forgotten what it had taken."""
        for entry in self._consumers.values():
            entry.reconnected = True
            # Not with each of many short connections, and rarely for one that is silent for long.
            entry.due = min(entry.due, max(now, entry.checked + entry.interval / 12))

    def due(self, now: float) -> tuple[LaggingConsumer, ...]:
        """The consumers to check now; each counts as checked."""
        found = []
        for (consumer, epoch), entry in self._consumers.items():
            if entry.due <= now:
                found.append(LaggingConsumer(consumer, epoch, entry.contiguous, entry.reconnected))
                entry.due, entry.checked, entry.reconnected = now + entry.interval, now, False
        return tuple(found)

    def back_off(self, consumer: str, epoch: str) -> None:
        """Something was sent again, or could not be: the next check comes later if it stays silent."""
        entry = self._consumers[consumer, epoch]
        # `due` has moved by one interval already: with `CHECK_LONGEST_S` two hours lie between two replays.
        entry.due += entry.interval
        entry.interval = min(entry.interval * 2, CHECK_LONGEST_S)

    def requested(self, epoch: str, missing: Iterable[Pair], now: float) -> tuple[Pair, ...]:
        """The ranges that were not sent a moment ago; they count as sent."""
        self._requested = {key: at for key, at in self._requested.items() if now - at < REQUEST_S}
        found = tuple(pair for pair in dict.fromkeys(missing) if (epoch, pair) not in self._requested)
        found = found[: max(MAX_REQUESTS - len(self._requested), 0)]
        self._requested.update({(epoch, pair): now for pair in found})
        return found


@dataclass(frozen=True, slots=True)
class ReplayPart:
    """Numbers of one epoch that a consumer asks for."""

    consumer: str
    epoch: str
    numbers: Range


@dataclass(slots=True)
class ReplayQueue:
    """What consumers ask for, a part at a time; consumers take turns."""

    _ranges: dict[tuple[str, str], tuple[Range, ...]] = field(default_factory=dict)
    _next_at: float = float("-inf")

    def put(self, consumer: str, epoch: str, pairs: Iterable[Pair]) -> None:
        """Adds ranges (first, last) to those that wait."""
        key = consumer, epoch
        found = merge((*self._ranges.get(key, ()), *(Range(*pair) for pair in pairs)))[:MAX_REQUESTS]
        if found and (key in self._ranges or len(self._ranges) < MAX_CONSUMERS):
            self._ranges[key] = found

    def next(self, now: float) -> ReplayPart | None:
        """The next part; None where there is none, or none for now."""
        if now < self._next_at or not self._ranges:
            return None
        (consumer, epoch), (first, *others) = next(iter(self._ranges.items()))
        part = Range(first.first, min(first.last, first.first + PART - 1))
        del self._ranges[consumer, epoch]
        rest = (Range(part.last + 1, first.last),) if part.last < first.last else ()
        # At the end: the others come first.
        self.put(consumer, epoch, ((item.first, item.last) for item in (*rest, *others)))
        self._next_at = max(self._next_at, now) + PART_S * len(part) / PART
        return ReplayPart(consumer, epoch, part)

    def drop(self, part: ReplayPart) -> None:
        """Nothing lies beyond this part: what waits of the same epoch is of no interest."""
        self._ranges.pop((part.consumer, part.epoch), None)
