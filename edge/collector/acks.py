"""What the collector publishes to devices: how far it has stored their events, and what it misses."""

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
    """Decides which device gets an acknowledgement and when; takes time as an argument."""

    def __init__(self, reading: Queries, writing: Writes, consumer: str, missing_after_s: float) -> None:
        """Args: missing_after_s: How long a range is missing before it is requested."""
        self._reading = reading
        self._writing = writing
        self._consumer = consumer
        self._missing_after_s = missing_after_s
        self._due: set[EpochKey] = set()
        self._published_at: dict[DeviceKey, float] = {}
        self._missing_ranges: dict[EpochKey, MissingRanges] = {}
        self._offline: set[DeviceKey] = set()
        self._returned: set[DeviceKey] = set()

    def touched(self, epoch_keys: Iterable[EpochKey]) -> None:
        """Something of these epochs has come, be it known already: an acknowledgement is due."""
        self._due |= set(epoch_keys)

    def presence(self, place: DeviceKey, *, online: bool) -> None:
        """A device is connected or not; one that returns gets an acknowledgement."""
        if online:
            self._returned.add(place)
            self._offline.discard(place)
        else:
            self._offline.add(place)

    def refused(self) -> None:
        """The broker does not pass on what is published, so no device was asked for anything."""
        for missing_ranges in self._missing_ranges.values():
            missing_ranges.refused()

    def messages(self, now: float, wall: float) -> Iterator[Message]:
        """What is to be published now; a message that is not taken from the iterator stays due.

        Raises:
            StorageError: The database cannot be used.
        """
        for place in tuple(self._returned):
            self._due |= set(self._reading.unfinished(place))
            self._returned.discard(place)
        self._due |= {
            epoch_key for epoch_key, missing_ranges in self._requestable() if missing_ranges.wait(now) == 0.0
        }
        # The latest epoch of a device first: it is the one that the device counts in now.
        for epoch_key in sorted(self._due, reverse=True):
            if self._pause(epoch_key, now) <= 0.0:
                yield self._acknowledgement(epoch_key, now, wall)
                # After the `yield`: a message that is not taken stays due.
                self._due.discard(epoch_key)
                self._published_at[epoch_key.place] = now

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to publish; None where nothing is in sight."""
        if self._returned:
            return 0.0
        waits = [self._pause(epoch_key, now) for epoch_key in self._due]
        for epoch_key, missing_ranges in self._requestable():
            wait = missing_ranges.wait(now)
            if wait is not None:
                waits.append(max(wait, self._pause(epoch_key, now)))
        return max(min(waits), 0.0) if waits else None

    def _pause(self, epoch_key: EpochKey, now: float) -> float:
        """Seconds until the device may get another message."""
        published_at = self._published_at.get(epoch_key.place)
        return 0.0 if published_at is None else published_at + PAUSE_S - now

    def _requestable(self) -> list[tuple[EpochKey, MissingRanges]]:
        """The epochs with holes whose device can be asked."""
        return [pair for pair in self._missing_ranges.items() if pair[0].place not in self._offline]

    def _acknowledgement(self, epoch_key: EpochKey, now: float, wall: float) -> Message:
        mark = self._reading.mark(epoch_key)
        missing = self._missing(epoch_key, mark, now)
        if given_up := self._given_up(epoch_key, now):
            named = ", ".join(f"{span.first}-{span.last}" for span in given_up)
            log.warning("%s does not send %s; counted as lost", epoch_key.place.device, named)
            self._writing.give_up(epoch_key, given_up, wall)
            # What was given up counts as gone from now on, so the mark may lie further on.
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
        missing_ranges = self._missing_ranges.setdefault(epoch_key, MissingRanges(self._missing_after_s))
        missing_ranges.update(now, mark.holes)
        # A request to a device that is away would be counted as one without a result.
        return () if epoch_key.place in self._offline else missing_ranges.request(now)

    def _given_up(self, epoch_key: EpochKey, now: float) -> tuple[Range, ...]:
        missing_ranges = self._missing_ranges.get(epoch_key)
        return () if missing_ranges is None else missing_ranges.given_up(now)
