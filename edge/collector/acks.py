"""What the collector says to devices: how far it has got, and what it misses."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, Writes
from edge.collector.missing import MissingRanges
from edge.collector.records import DeviceKey, Epoch
from edge.messages import payloads
from edge.messages.ranges import Range
from edge.messages.topics import Topics

PAUSE_S = 1.0
"""Between two messages to one device."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What is published next."""

    topic: str
    payload: bytes
    retain: bool = False


class AckScheduler:
    """Decides what to tell which device and when; takes time as an argument."""

    def __init__(self, reading: Queries, writing: Writes, consumer: str, patience: float) -> None:
        """Args: patience: Seconds that a range is missing before it is asked for."""
        self._reading = reading
        self._writing = writing
        self._consumer = consumer
        self._patience = patience
        self._news: set[Epoch] = set()
        self._told: dict[DeviceKey, float] = {}
        self._wishes: dict[Epoch, MissingRanges] = {}
        self._offline: set[DeviceKey] = set()
        self._returned: set[DeviceKey] = set()

    def touched(self, counters: Iterable[Epoch]) -> None:
        """Something of these epochs has come, be it known already: the device wants to hear of it."""
        self._news |= set(counters)

    def presence(self, place: DeviceKey, *, online: bool) -> None:
        """A device is connected or not; one that returns is told where it stands."""
        if online:
            self._returned.add(place)
            self._offline.discard(place)
        else:
            self._offline.add(place)

    def refused(self) -> None:
        """The broker does not pass on what is said, so no device was asked for anything."""
        for wishes in self._wishes.values():
            wishes.refused()

    def messages(self, now: float, wall: float) -> Iterator[Message]:
        """What is to be said now; a message that is not taken from the iterator stays due.

        Raises:
            StorageError: The database cannot be used.
        """
        for place in tuple(self._returned):
            self._news |= set(self._reading.unfinished(place))
            self._returned.discard(place)
        self._news |= {counter for counter, wishes in self._asking() if wishes.wait(now) == 0.0}
        for counter in sorted(self._news, reverse=True):
            if self._pause(counter, now) <= 0.0:
                yield self._mark(counter, now, wall)
                self._news.discard(counter)
                self._told[counter.place] = now

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to say; None where nothing is in sight."""
        if self._returned:
            return 0.0
        waits = [self._pause(counter, now) for counter in self._news]
        for counter, wishes in self._asking():
            wait = wishes.wait(now)
            if wait is not None:
                waits.append(max(wait, self._pause(counter, now)))
        return max(min(waits), 0.0) if waits else None

    def _pause(self, counter: Epoch, now: float) -> float:
        """Seconds until the device may be told something again."""
        told = self._told.get(counter.place)
        return 0.0 if told is None else told + PAUSE_S - now

    def _asking(self) -> list[tuple[Epoch, MissingRanges]]:
        """The epochs with holes of which the device may hear."""
        return [pair for pair in self._wishes.items() if pair[0].place not in self._offline]

    def _mark(self, counter: Epoch, now: float, wall: float) -> Message:
        mark = self._reading.mark(counter)
        missing = self._missing(counter, mark, now)
        if hopeless := self._hopeless(counter, now):
            named = ", ".join(f"{span.first}-{span.last}" for span in hopeless)
            log.warning("%s does not send %s; counted as lost", counter.place.device, named)
            self._writing.give_up(counter, hopeless, wall)
            mark = self._reading.mark(counter)
            missing = self._missing(counter, mark, now)
        topic = Topics(counter.place.site, counter.place.device).ack
        pairs = [(span.first, span.last) for span in missing]
        payload = payloads.ack_payload(self._consumer, counter.name, mark.contiguous, pairs)
        return Message(topic, payloads.encode(payload))

    def _missing(self, counter: Epoch, mark: Completeness, now: float) -> tuple[Range, ...]:
        if not mark.holes:
            self._wishes.pop(counter, None)
            return ()
        wishes = self._wishes.setdefault(counter, MissingRanges(self._patience))
        wishes.update(now, mark.holes)
        return () if counter.place in self._offline else wishes.ask(now)

    def _hopeless(self, counter: Epoch, now: float) -> tuple[Range, ...]:
        wishes = self._wishes.get(counter)
        return () if wishes is None else wishes.hopeless(now)
