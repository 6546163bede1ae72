"""What the collector publishes to devices: how far it has stored their events, and what it misses."""

from __future__ import annotations

import heapq
import logging
from collections import deque
from collections.abc import Iterable
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
    """Decides which device gets an acknowledgement and when; takes time as an argument.

    Devices are served in the order in which something of them came. Every step costs the same, however
    many devices wait.
    """

    def __init__(self, reading: Queries, writing: Writes, consumer: str, missing_after_s: float) -> None:
        """Args: missing_after_s: How long a range is missing before it is requested."""
        self._reading = reading
        self._writing = writing
        self._consumer = consumer
        self._missing_after_s = missing_after_s
        self._due: dict[EpochKey, None] = {}
        self._paused: deque[tuple[float, EpochKey]] = deque()
        self._published: EpochKey | None = None
        self._published_at: dict[DeviceKey, float] = {}
        self._missing_ranges: dict[EpochKey, MissingRanges] = {}
        self._ask_at: dict[EpochKey, float] = {}
        self._asks: list[tuple[float, EpochKey]] = []
        self._refusals = 0
        self._refusals_known: dict[EpochKey, int] = {}
        self._offline: set[DeviceKey] = set()
        self._returned: dict[DeviceKey, None] = {}

    def touched(self, epoch_keys: Iterable[EpochKey]) -> None:
        """Something of these epochs has come, be it known already: an acknowledgement is due."""
        self._due |= dict.fromkeys(epoch_keys)

    def presence(self, place: DeviceKey, *, online: bool) -> None:
        """A device is connected or not; one that returns gets an acknowledgement."""
        if online:
            self._returned[place] = None
            self._offline.discard(place)
        else:
            self._offline.add(place)

    def refused(self) -> None:
        """The broker does not pass on what is published, so no device was asked for anything."""
        self._refusals += 1

    def next(self, now: float, wall: float) -> Message | None:
        """What is to be published next; None where there is nothing for now.

        Raises:
            StorageError: The database cannot be used; what was due is still due.
        """
        epoch_key = self._take(now)
        if epoch_key is None:
            return None
        message = self._acknowledgement(epoch_key, now, wall)
        del self._due[epoch_key]
        self._published = epoch_key
        self._published_at[epoch_key.place] = now
        return message

    def not_published(self) -> None:
        """What `next` gave last could not be handed to the broker: it is due again."""
        if self._published is not None:
            self._published_at.pop(self._published.place, None)
            self.touched([self._published])

    def wait(self, now: float) -> float | None:
        """Seconds until there is something to publish; None where nothing is in sight."""
        if self._due or self._returned:
            return 0.0
        waits = [queue[0][0] - now for queue in (self._paused, self._asks) if queue]
        return max(min(waits), 0.0) if waits else None

    def _take(self, now: float) -> EpochKey | None:
        """The epoch that is served next; it stays due."""
        self._release(now)
        while True:
            while self._due:
                epoch_key = next(iter(self._due))
                free_at = self._published_at.get(epoch_key.place, -PAUSE_S) + PAUSE_S
                if free_at <= now:
                    return epoch_key
                del self._due[epoch_key]
                # Each device pauses for as long, so these are nearly in order of time.
                self._paused.append((free_at, epoch_key))
            if not self._returned:
                return None
            place = next(iter(self._returned))
            self.touched(self._reading.unfinished(place))
            del self._returned[place]

    def _release(self, now: float) -> None:
        """Puts those that have waited for long enough behind the others that are due."""
        while self._paused and self._paused[0][0] <= now:
            self.touched([self._paused.popleft()[1]])
        while self._asks and self._asks[0][0] <= now:
            at, epoch_key = heapq.heappop(self._asks)
            if self._ask_at.get(epoch_key) == at and epoch_key.place not in self._offline:
                self.touched([epoch_key])

    def _acknowledgement(self, epoch_key: EpochKey, now: float, wall: float) -> Message:
        mark = self._reading.mark(epoch_key)
        missing = self._missing(epoch_key, mark, now)
        if given_up := self._given_up(epoch_key, now):
            named = ", ".join(f"{span.first}-{span.last}" for span in given_up)
            log.warning("%s does not send %s; counted as lost", epoch_key.place.device, named)
            self._writing.give_up(epoch_key, given_up, wall)
            mark = self._reading.mark(epoch_key)
            missing = self._missing(epoch_key, mark, now)
        topic = Topics(epoch_key.place.site, epoch_key.place.device).ack
        pairs = [(span.first, span.last) for span in missing]
        payload = payloads.ack_payload(self._consumer, epoch_key.name, mark.contiguous, pairs)
        return Message(topic, payloads.encode(payload))

    def _missing(self, epoch_key: EpochKey, mark: Completeness, now: float) -> tuple[Range, ...]:
        if not mark.holes:
            for known in (self._missing_ranges, self._ask_at, self._refusals_known):
                known.pop(epoch_key, None)
            return ()
        missing_ranges = self._missing_ranges.setdefault(epoch_key, MissingRanges(self._missing_after_s))
        if self._refusals_known.get(epoch_key, 0) != self._refusals:
            self._refusals_known[epoch_key] = self._refusals
            missing_ranges.refused()
        missing_ranges.update(now, mark.holes)
        offline = epoch_key.place in self._offline
        requested = () if offline else missing_ranges.request(now)
        self._ask_later(epoch_key, missing_ranges, now)
        return requested

    def _ask_later(self, epoch_key: EpochKey, missing_ranges: MissingRanges, now: float) -> None:
        wait = missing_ranges.wait(now)
        at = now + (wait or 0.0)
        if self._ask_at.get(epoch_key) != at:
            self._ask_at[epoch_key] = at
            heapq.heappush(self._asks, (at, epoch_key))

    def _given_up(self, epoch_key: EpochKey, now: float) -> tuple[Range, ...]:
        missing_ranges = self._missing_ranges.get(epoch_key)
        return () if missing_ranges is None else missing_ranges.given_up(now)
