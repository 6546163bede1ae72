"""When to send again what a broker has taken and a consumer has not. Pure, takes time as an argument."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

EVERY_S = 60.0
"""Between two looks at one consumer."""

LONGEST_S = 3_600.0
"""Between two replays for a consumer that says nothing any more."""

ASKED_AGAIN_S = 5.0
"""A range is sent once within this time, however often it is asked for."""

MOST_ASKED = 1_000
MOST_WATCHED = 100

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class LaggingConsumer:
    """What a consumer lacks: the events after `contiguous`.

    Attributes:
        consumer: Its name.
        epoch: The epoch of the numbers.
        contiguous: It has all up to this one.
        anew: The connection is a new one, so also what was sent a moment ago may be lost.
    """

    consumer: str
    epoch: str
    contiguous: int
    anew: bool


@dataclass(slots=True)
class _Watch:
    contiguous: int
    due: float
    looked: float = float("-inf")
    pause: float = EVERY_S
    anew: bool = True


@dataclass(slots=True)
class RedeliveryTracker:
    """The consumers that acknowledge by themselves, one entry for each epoch of theirs."""

    _watches: dict[tuple[str, str], _Watch] = field(default_factory=dict)
    _asked: dict[tuple[str, Span], float] = field(default_factory=dict)

    def load(self, marks: Iterable[tuple[str, str, int]], now: float) -> None:
        """Takes consumer, epoch and number of each mark that was kept."""
        for consumer, epoch, contiguous in marks:
            self._watches[consumer, epoch] = _Watch(contiguous, now)

    def heard(self, consumer: str, epoch: str, contiguous: int, now: float) -> None:
        """A consumer has said what it has."""
        if len(self._watches) >= MOST_WATCHED and (consumer, epoch) not in self._watches:
            del self._watches[next(iter(self._watches))]
        watch = self._watches.setdefault((consumer, epoch), _Watch(contiguous, now, anew=False))
        watch.contiguous = contiguous
        watch.due = min(watch.due, now + EVERY_S)
        watch.pause = EVERY_S

    def connected(self, now: float) -> None:
        """A broker that was away may have forgotten what it had taken."""
        for watch in self._watches.values():
            watch.anew = True
            # Not with each of many short connections, and seldom for one that says nothing any more.
            watch.due = min(watch.due, max(now, watch.looked + watch.pause / 12))

    def due(self, now: float) -> tuple[LaggingConsumer, ...]:
        """The consumers to look after now; each counts as looked after."""
        found = []
        for (consumer, epoch), watch in self._watches.items():
            if watch.due <= now:
                found.append(LaggingConsumer(consumer, epoch, watch.contiguous, watch.anew))
                watch.due, watch.looked, watch.anew = now + watch.pause, now, False
        return tuple(found)

    def seldom(self, consumer: str, epoch: str) -> None:
        """Something was sent again, or could not be: the next time comes later if it stays silent."""
        watch = self._watches[consumer, epoch]
        watch.due += watch.pause
        watch.pause = min(watch.pause * 2, LONGEST_S)

    def wanted(self, epoch: str, missing: Iterable[Span], now: float) -> tuple[Span, ...]:
        """The ranges that were not sent a moment ago; they count as sent."""
        self._asked = {key: at for key, at in self._asked.items() if now - at < ASKED_AGAIN_S}
        found = tuple(span for span in dict.fromkeys(missing) if (epoch, span) not in self._asked)
        found = found[: max(MOST_ASKED - len(self._asked), 0)]
        self._asked.update({(epoch, span): now for span in found})
        return found
