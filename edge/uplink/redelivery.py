"""When to send again what a broker has taken and a consumer has not. Pure, takes time as an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

CHECK_S = 60.0
"""Between two checks of one consumer."""

CHECK_LONGEST_S = 3_600.0
"""Between two replays for a consumer that does not acknowledge any more."""

REQUEST_S = 5.0
"""A range is sent once within this time, however often it is requested."""

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
