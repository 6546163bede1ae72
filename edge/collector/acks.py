"""What the collector says to devices: how far it has got, and what it misses."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, Writes
from edge.collector.missing import MissingRanges
from edge.collector.records import DeviceKey, EpochKey
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
        self._news: set[EpochKey] = set()
        self._told: dict[DeviceKey, float] = {}
        self._missing_ranges: dict[EpochKey, MissingRanges] = {}
        self._offline: set[DeviceKey] = set()
        self._returned: set[DeviceKey] = set()

    def touched(self, epoch_keys: Iterable[EpochKey]) -> None:
        """Something of these epochs has come, be it known already: the device wants to hear of it."""
        self._news |= set(epoch_keys)

    def presence(self, place: DeviceKey, *, online: bool) -> None:
        """A device is connected or not; one that returns is told where it stands."""
        if online:
            self._returned.add(place)
            self._offline.discard(place)
        else:
            self._offline.add(place)

    def refused(self) -> None:
        """The broker does not pass on what is said, so no device was asked for anything."""
        for missing_ranges in self._missing_ranges.values():
            missing_ranges.refused()

    def messages(self, now: float, wall: float) -> Iterator[Message]:
        """What is to be said now; a message that is not taken from the iterator stays due.

        Raises:
            StorageError: The database cannot be used.
        """
        for place in tuple(self._returned):
            self._news |= set(self._reading.unfinished(place))
            self._returned.discard(place)
        self._news |= {
            epoch_key for epoch_key, missing_ranges in self._asking() if missing_ranges.wait(now) == 0.0
        }
        for epoch_key in sorted(self._news, reverse=True):
            if self._pause(epoch_key, now) <= 0.0:
                yield self._mark(epoch_key, now, wall)
                self._news.discard(epoch_key)
                self._told[epoch_key.place] = now

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to say; None where nothing is in sight."""
        if self._returned:
            return 0.0
        waits = [self._pause(epoch_key, now) for epoch_key in self._news]
        for epoch_key, missing_ranges in self._asking():
            wait = missing_ranges.wait(now)
            if wait is not None:
                waits.append(max(wait, self._pause(epoch_key, now)))
        return max(min(waits), 0.0) if waits else None

    def _pause(self, epoch_key: EpochKey, now: float) -> float:
        """Seconds until the device may be told something again."""
        told = self._told.get(epoch_key.place)
        return 0.0 if told is None else told + PAUSE_S - now

    def _asking(self) -> list[tuple[EpochKey, MissingRanges]]:
        """The epochs with holes of which the device may hear."""
        return [pair for pair in self._missing_ranges.items() if pair[0].place not in self._offline]

    def _mark(self, epoch_key: EpochKey, now: float, wall: float) -> Message:
        mark = self._reading.mark(epoch_key)
        missing = self._missing(epoch_key, mark, now)
        if hopeless := self._hopeless(epoch_key, now):
            named = ", ".join(f"{span.first}-{span.last}" for span in hopeless)
            log.warning("%s does not send %s; counted as lost", epoch_key.place.device, named)
            self._writing.give_up(epoch_key, hopeless, wall)
            mark = self._reading.mark(epoch_key)
            missing = self._missing(epoch_key, mark, now)
        topic = Topics(epoch_key.place.site, epoch_key.place.device).ack
        pairs = [(span.first, span.last) for span in missing]
        payload = payloads.ack_payload(self._consumer, epoch_key.name, mark.contiguous, pairs)
        return Message(topic, payloads.encode(payload))

    def _missing(self, epoch_key: EpochKey, mark: Completeness, now: float) -> tuple[Range, ...]:
        if not mark.holes:
            self._missing_ranges.pop(epoch_key, None)
            return ()
        missing_ranges = self._missing_ranges.setdefault(epoch_key, MissingRanges(self._patience))
        missing_ranges.update(now, mark.holes)
        return () if epoch_key.place in self._offline else missing_ranges.ask(now)

    def _hopeless(self, epoch_key: EpochKey, now: float) -> tuple[Range, ...]:
        missing_ranges = self._missing_ranges.get(epoch_key)
        return () if missing_ranges is None else missing_ranges.hopeless(now)
