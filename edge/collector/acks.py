"""What the collector publishes to devices: how far it has stored their events, and what it misses."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, Writes
from edge.collector.missing import MissingRanges
from edge.collector.records import EpochKey
from edge.messages import payloads
from edge.messages.ranges import Range
from edge.messages.topics import Topics
from edge.types import DeviceKey

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
    """Decides which device gets an acknowledgement and when; takes time as an argument.

    Whoever became due first comes first, however many there are, and no turn looks at all of them.
    """

    def __init__(self, reading: Queries, writing: Writes, consumer: str, missing_after_s: float) -> None:
        """Args: missing_after_s: How long a range is missing before it is requested."""
        self._reading = reading
        self._writing = writing
        self._consumer = consumer
        self._missing_after_s = missing_after_s
        self._due: set[EpochKey] = set()
        self._ready: deque[EpochKey] = deque()
        self._paused: list[tuple[float, EpochKey]] = []
        self._watched: list[tuple[float, EpochKey]] = []
        self._watched_until: dict[EpochKey, float] = {}
        self._published_at: dict[DeviceKey, float] = {}
        self._missing_ranges: dict[EpochKey, MissingRanges] = {}
        self._offline: set[DeviceKey] = set()
        self._returned: dict[DeviceKey, None] = {}

    def touched(self, epoch_keys: Iterable[EpochKey]) -> None:
        """Something of these epochs has come, be it known already: an acknowledgement is due."""
        for epoch_key in epoch_keys:
            if epoch_key not in self._due:
                self._due.add(epoch_key)
                self._ready.append(epoch_key)

    def presence(self, place: DeviceKey, *, online: bool) -> None:
        """A device is connected or not; one that returns gets an acknowledgement."""
        if online:
            self._returned[place] = None
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
        self._wake(now)
        while self._ready or self._returned:
            if not self._ready:
                place = next(iter(self._returned))
                self.touched(self._reading.unfinished(place))
                del self._returned[place]
                continue
            epoch_key = self._ready[0]
            if (pause := self._pause(epoch_key, now)) > 0.0:
                self._ready.popleft()
                heappush(self._paused, (now + pause, epoch_key))
                continue
            message = self._acknowledgement(epoch_key, now, wall)
            self._published(epoch_key, now)
            yield message

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to publish; None where nothing is in sight."""
        if self._returned or self._ready:
            return 0.0
        ends = [timers[0][0] for timers in (self._paused, self._watched) if timers]
        return max(min(ends) - now, 0.0) if ends else None

    def _published(self, epoch_key: EpochKey, now: float) -> None:
        self._ready.popleft()
        self._due.discard(epoch_key)
        self._published_at[epoch_key.place] = now
        self._watch(epoch_key, now)

    def _watch(self, epoch_key: EpochKey, now: float) -> None:
        """Comes back to an epoch when something of it is to be requested, if its device can be asked."""
        missing_ranges = self._missing_ranges.get(epoch_key)
        wait = None if missing_ranges is None else missing_ranges.wait(now)
        if wait is not None and epoch_key.place not in self._offline:
            self._watched_until[epoch_key] = now + wait
            heappush(self._watched, (now + wait, epoch_key))

    def _wake(self, now: float) -> None:
        """Makes ready what has paused for long enough, and what is to be requested by now."""
        while self._paused and self._paused[0][0] <= now:
            self._ready.append(heappop(self._paused)[1])
        while self._watched and self._watched[0][0] <= now:
            until, epoch_key = heappop(self._watched)
            # An entry that another one has replaced says nothing any more.
            if self._watched_until.get(epoch_key) == until:
                del self._watched_until[epoch_key]
                self._request(epoch_key, now)

    def _request(self, epoch_key: EpochKey, now: float) -> None:
        missing_ranges = self._missing_ranges.get(epoch_key)
        if missing_ranges is not None and missing_ranges.wait(now) == 0.0:
            if epoch_key.place not in self._offline:
                self.touched((epoch_key,))
        else:
            self._watch(epoch_key, now)

    def _pause(self, epoch_key: EpochKey, now: float) -> float:
        """Seconds until the device may get another message."""
        published_at = self._published_at.get(epoch_key.place)
        return 0.0 if published_at is None else published_at + PAUSE_S - now

    def _acknowledgement(self, epoch_key: EpochKey, now: float, wall: float) -> Message:
        mark = self._reading.mark(epoch_key)
        missing = self._missing(epoch_key, mark, now)
        if given_up := self._given_up(epoch_key, now):
            named = ", ".join(f"{span.first}-{span.last}" for span in given_up)
            log.warning("%s does not send %s; counted as lost", epoch_key.place, named)
            self._writing.give_up(epoch_key, given_up, wall)
            # What was given up counts as gone from now on, so the mark may lie further on.
            mark = self._reading.mark(epoch_key)
            missing = self._missing(epoch_key, mark, now)
        topic = Topics.of(epoch_key.place).ack
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
