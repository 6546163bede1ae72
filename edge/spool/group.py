"""What waits for the next commit."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import Enum, auto

from edge.messages import payloads
from edge.messages.payloads import Stored
from edge.messages.ranges import Range
from edge.spool.records import Batch, Lost, Mark, Row
from edge.spool.tally import Tally
from edge.telemetry.records import Minute
from edge.types import Event, Reason

GROUP_EVENTS = 20
"""Events that are committed without waiting."""

MOST_WAITING = 10_000
"""Events held in memory while the disk refuses them; beyond that the oldest are dropped."""

_log = logging.getLogger(__name__)


class Fate(Enum):
    """What has become of something that was handed out for sending."""

    SENT = auto()
    GIVEN_UP = auto()
    TOLD = auto()


@dataclass(frozen=True, slots=True)
class Handled:
    """Events, or gaps that were told, by their places."""

    fate: Fate
    places: tuple[int, ...]


Note = Handled | Minute | Mark


@dataclass(slots=True)
class Group:
    """What the next commit takes, and the monotonic time before which it need not come."""

    batch: Batch = field(default_factory=Batch)
    not_before: float = 0.0
    refused: bool = False

    def wait(self, now: float) -> float | None:
        """Seconds until the commit; None where there is nothing to commit."""
        if not self.batch:
            return None
        if len(self.batch.rows) >= GROUP_EVENTS and not self.refused:
            return 0.0
        return max(self.not_before - now, 0.0)

    def take(self, event: Event, tally: Tally) -> None:
        """Takes an event up, or its number as lost; where too many wait, the oldest is lost."""
        try:
            payload = payloads.encode(payloads.event_payload(event))
        except ValueError as error:
            _log.error("event %s is dropped, it cannot be written as JSON: %s", event.id, error)
            self._lose(event.id.sequence, Reason.ENCODING)
            return
        minute = tally.count(event)
        if minute is not None:
            self.batch.add_minute(minute)
        rows = self.batch.rows
        rows.append(Row(Stored(event.id.sequence, payload), event.verdict.wall))
        if len(rows) > MOST_WAITING:
            oldest = rows.popleft().event.sequence
            if self._lose(oldest, Reason.DISK):
                _log.error("too many events wait for the disk: from %d on the oldest are dropped", oldest)

    def note(self, item: Note) -> None:
        """Takes anything but an event up."""
        match item:
            case Handled(Fate.SENT, places):
                self.batch.sent.update(places)
            case Handled(Fate.GIVEN_UP, places):
                self.batch.refused.update(places)
            case Handled(_, places):
                self.batch.told.update(places)
            case Minute():
                self.batch.add_minute(item)
            case Mark():
                self.batch.marks[item.consumer, item.epoch] = item

    def _lose(self, sequence: int, reason: Reason) -> bool:
        """Remembers a number that never reached the file; whether it does not adjoin the one before."""
        lost = self.batch.lost
        if lost and lost[-1].reason is reason and lost[-1].numbers.last + 1 == sequence:
            lost[-1] = Lost(Range(lost[-1].numbers.first, sequence), reason)
            return False
        lost.append(Lost(Range(sequence, sequence), reason))
        return True
