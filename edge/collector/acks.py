"""What the collector publishes to devices: how far it has stored their events, and what it misses."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import islice

from edge.collector.completeness import Completeness
from edge.collector.database import Queries, Writes
from edge.collector.missing import MissingRanges
from edge.collector.records import EpochKey
from edge.messages import payloads
from edge.messages.ranges import Range
from edge.messages.topics import PREFIX, Topics
from edge.types import DeviceKey

PAUSE_S = 1.0
"""Between two messages to one device."""
AT_ONCE = 100
"""Epochs whose marks are read together, at most."""

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a collector is to do.

    Attributes:
        consumer: Under which name it acknowledges to devices.
        missing_after_s: How long a range is missing before it is requested.
        prefix: With what the topics of the devices begin.
    """

    consumer: str
    missing_after_s: float
    prefix: str = PREFIX


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

    def __init__(self, reading: Queries, writing: Writes, plan: Plan) -> None:
        self._reading = reading
        self._writing = writing
        self._plan = plan
        self._due: set[EpochKey] = set()
        self._ready: deque[EpochKey] = deque()
        self._paused: list[tuple[float, EpochKey]] = []
        self._watched: list[tuple[float, EpochKey]] = []
        self._watched_until: dict[EpochKey, float] = {}
        self._published_at: dict[DeviceKey, float] = {}
        self._missing_ranges: dict[EpochKey, MissingRanges] = {}
        self._refusals = 0
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
        # Each epoch heeds it when its turn comes: refusals may be as many as epochs.
        self._refusals += 1

    def messages(self, now: float, wall: float, at_once: int = AT_ONCE) -> Iterator[Message]:
        """What is to be published now; a message that is not taken from the iterator stays due.

        Args:
            now: Monotonic time.
            wall: Unix time.
            at_once: Epochs whose marks are read together, at least 1; of no use where fewer are taken.

        Raises:
            StorageError: The database cannot be used.
        """
        self._wake(now)
        while self._ready or self._returned:
            if not self._ready:
                self._take_returned()
            ready = self._unpaused(now, at_once)
            marks = self._marks(ready, now, wall) if ready else {}
            for epoch_key in ready:
                message = self._acknowledgement(epoch_key, marks[epoch_key], now)
                self._published(epoch_key, now)
                yield message

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to publish; None where nothing is in sight."""
        if self._returned or self._ready:
            return 0.0
        ends = [timers[0][0] for timers in (self._paused, self._watched) if timers]
        return max(min(ends) - now, 0.0) if ends else None

    def _take_returned(self) -> None:
        """Has devices that returned acknowledged, those first that returned first."""
        places = list(islice(self._returned, AT_ONCE))
        self.touched(self._reading.unfinished(places))
        for place in places:
            del self._returned[place]

    def _unpaused(self, now: float, at_once: int) -> list[EpochKey]:
        """The next epochs that may be acknowledged now; those that may not yet are put aside."""
        found: list[EpochKey] = []
        places: set[DeviceKey] = set()
        while len(found) < min(at_once, len(self._ready)):
            epoch_key = self._ready[len(found)]
            place = epoch_key.place
            pause = PAUSE_S if place in places else self._pause(place, now)
            if pause > 0.0:
                del self._ready[len(found)]
                heappush(self._paused, (now + pause, epoch_key))
            else:
                places.add(place)
                found.append(epoch_key)
        return found

    def _marks(self, epoch_keys: list[EpochKey], now: float, wall: float) -> dict[EpochKey, Completeness]:
        """How far epochs are complete; what was asked for in vain is given up before."""
        marks = self._reading.marks(epoch_keys)
        given_up = {key: spans for key in epoch_keys if (spans := self._given_up(key, marks[key], now))}
        if given_up:
            for epoch_key, spans in given_up.items():
                named = ", ".join(f"{span.first}-{span.last}" for span in spans)
                log.warning("%s does not send %s; counted as lost", epoch_key.place, named)
            self._writing.give_up(given_up, wall)
            # What was given up counts as gone from now on, so the marks may lie further on.
            marks |= self._reading.marks(list(given_up))
        return marks

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

    def _pause(self, place: DeviceKey, now: float) -> float:
        """Seconds until a device may get another message."""
        published_at = self._published_at.get(place)
        return 0.0 if published_at is None else published_at + PAUSE_S - now

    def _acknowledgement(self, epoch_key: EpochKey, mark: Completeness, now: float) -> Message:
        pairs = [(span.first, span.last) for span in self._missing(epoch_key, mark, now)]
        payload = payloads.ack_payload(self._plan.consumer, epoch_key.name, mark.contiguous, pairs)
        return Message(Topics.of(epoch_key.place, self._plan.prefix).ack, payloads.encode(payload))

    def _missing(self, epoch_key: EpochKey, mark: Completeness, now: float) -> tuple[Range, ...]:
        """The ranges to ask for now."""
        missing_ranges = self._updated(epoch_key, mark, now)
        # A request to a device that is away would be counted as one without a result.
        if missing_ranges is None or epoch_key.place in self._offline:
            return ()
        return missing_ranges.request(now)

    def _given_up(self, epoch_key: EpochKey, mark: Completeness, now: float) -> tuple[Range, ...]:
        missing_ranges = self._updated(epoch_key, mark, now)
        return () if missing_ranges is None else missing_ranges.given_up(now)

    def _updated(self, epoch_key: EpochKey, mark: Completeness, now: float) -> MissingRanges | None:
        """What is missing of an epoch by now; None for nothing."""
        if not mark.holes:
            self._missing_ranges.pop(epoch_key, None)
            return None
        missing_ranges = self._missing_ranges.setdefault(epoch_key, MissingRanges(self._plan.missing_after_s))
        missing_ranges.heed(self._refusals)
        missing_ranges.update(now, mark.holes)
        return missing_ranges
