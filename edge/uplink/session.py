"""One connection's account: what the broker was given, what it has answered, what comes next.

Used by the sender thread only; takes time as an argument.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from edge.messages import payloads
from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.client import WINDOW, Connection
from edge.mqtt.events import ConnectionAccepted, PublishAcknowledged
from edge.mqtt.reason_codes import PubackAction, puback_action
from edge.spool import records
from edge.types import Gap
from edge.uplink.event_queue import EventQueue, QueuedEvent
from edge.uplink.gap_queue import GapQueue
from edge.uplink.inflight import InFlight, OutgoingMessage
from edge.uplink.ports import SpoolReader
from edge.uplink.retained import RetainedCursor, RetainedMessage, RetainedMessages

_ALARM_FIRST_S = 5.0
_ALARM_LONGEST_S = 60.0


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What a session may do.

    Attributes:
        silence_s: How long a broker may owe an answer before it is given up.
        one_by_one: How many messages are sent one by one before the window opens.
        skipped: Places of events that are left for another connection.
        left_out: Gaps, and keys of notices, on which this broker hangs up.
    """

    silence_s: float = 45.0
    one_by_one: int = 0
    skipped: AbstractSet[int] = frozenset()
    left_out: AbstractSet[object] = frozenset()


class Session:
    """One connection, from the attempt to its end.

    Attributes:
        link: The connection.
        ready: Whether the broker has accepted it.
        proved: Whether the broker has taken something.
        unheard: Events and gaps that it took while nobody was subscribed.
        answered: Messages that it took.
        carried: Events among them.
        forbidden: Why events may not be published, as a sentence; empty where they may.
        in_flight: What it has not answered.
    """

    def __init__(
        self,
        link: Connection,
        reader: SpoolReader,
        retained_messages: RetainedMessages,
        topics: Topics,
        bounds: SessionLimits,
    ) -> None:
        self.link = link
        self.ready = False
        self.proved = False
        self.unheard = 0
        self.answered = 0
        self.carried = 0
        self.forbidden = ""
        self.in_flight = InFlight()
        self._reader = reader
        self._topics = topics
        self._bounds = bounds
        self._cursor = RetainedCursor(retained_messages, bounds.left_out)
        self._gaps = GapQueue(reader, bounds.left_out)
        self._events: EventQueue
        self._accepted: ConnectionAccepted
        self._quiet_until = self._events_from = 0.0
        self._patience = Backoff()
        self._alarm = Backoff(_ALARM_FIRST_S, _ALARM_LONGEST_S)

    @property
    def drained(self) -> bool:
        """Whether all that the spool had was sent and answered."""
        return (
            self.ready
            and not len(self.in_flight)
            and self._cursor.empty
            and self._gaps.empty
            and self._events.empty
        )

    def open(self, connected: ConnectionAccepted) -> None:
        """The broker has accepted the connection.

        Raises:
            SpoolError: The spool cannot be read.
        """
        self._events = EventQueue(self._reader, self._bounds.skipped)
        self._accepted = connected
        self.ready = True

    def changed(self) -> None:
        """The spool has something new."""
        self._gaps.changed()
        if self.ready:
            self._events.changed()

    def pause(self, until: float) -> None:
        """Sends nothing before a monotonic time."""
        self._quiet_until = max(self._quiet_until, until)

    def wait(self, now: float) -> float | None:
        """Seconds until something that was held back may be sent; None where nothing is."""
        held_until = max(self._quiet_until, self._events_from)
        if held_until > now:
            return (self._quiet_until if self._quiet_until > now else held_until) - now
        wait = self._events.wait(now) if self.ready else None
        # What is due and was not sent waits for room, and an answer makes that.
        return wait if wait else None

    def overdue(self, now: float) -> bool:
        """Whether the broker owes an answer for so long that none will come."""
        return self.in_flight.silence(now) > self._bounds.silence_s

    def fill(self, now: float) -> str:
        """Publishes as much as the window takes, and tells the spool of what was acknowledged.

        Returns:
            A sentence on something that this broker cannot take, empty where there is nothing.

        Raises:
            BrokerError: The connection is gone.
            SpoolError: The spool cannot be read.
        """
        if not self.ready:
            return ""
        self._events.settle()
        complaint = ""
        window = self._window()
        while len(self.in_flight) < window:
            message = self._next(now, window)
            if message is None:
                break
            if self._fits(message):
                self.in_flight.add(self._publish(message), message, now)
            else:
                maximum = self._accepted.maximum_packet_size
                reason = f"the broker takes at most {maximum} bytes, {message.topic} has more"
                complaint = self.set_aside(message, reason)
        return complaint

    def acknowledged(self, given: PublishAcknowledged, now: float) -> str:
        """Takes the broker's answer to one message.

        Returns:
            A sentence on a refusal, empty where there is none.

        Raises:
            SpoolError: The spool is closed.
        """
        message = self.in_flight.take(given.mid, now)
        if message is None:
            return ""
        kind = puback_action(given.code)
        if kind in (PubackAction.SENT, PubackAction.NO_SUBSCRIBERS):
            self._sent(message, unheard=kind is PubackAction.NO_SUBSCRIBERS)
            return ""
        refusal = f"the broker refuses {message.topic}: {given.text.lower()}"
        if kind is PubackAction.GIVE_UP:
            return self.set_aside(message, refusal)
        self._take_back(message, kind, now)
        if kind is PubackAction.NOT_AUTHORIZED:
            self._events_from = max(self._events_from, now + self._alarm.next())
            self.forbidden = f"{refusal}; its access list must allow this device to publish there"
            return self.forbidden
        self.pause(now + self._patience.next())
        return f"{refusal}; what it does not take waits in the spool"

    def set_aside(self, message: OutgoingMessage, reason: str) -> str:
        """Leaves out what this broker never takes; an event becomes a gap.

        Returns:
            A sentence on it.

        Raises:
            SpoolError: The spool is closed.
        """
        if not isinstance(message.content, QueuedEvent):
            return f"{reason}; it is left out"
        self._events.give_up(message.content)
        number = records.sequence_of(message.content.event.position)
        return f"{reason}; event {number} is given up and announced as a gap, a replay sends it again"

    def settle(self) -> None:
        """Tells the spool of what was acknowledged.

        Raises:
            SpoolError: The spool is closed.
        """
        if self.ready:
            self._events.settle()

    def _window(self) -> int:
        if self.answered < self._bounds.one_by_one:
            return 1
        return min(WINDOW, self._accepted.receive_maximum)

    def _publish(self, message: OutgoingMessage) -> int:
        notice = message.content if isinstance(message.content, RetainedMessage) else None
        expiry = None if notice is None else notice.expiry_s
        retain = notice is not None and self._accepted.retains
        return self.link.publish(message.topic, message.payload, retain=retain, expiry_s=expiry)

    def _next(self, now: float, window: int) -> OutgoingMessage | None:
        if now < self._quiet_until:
            return None
        notice = self._cursor.next()
        if notice is not None:
            return OutgoingMessage(notice.topic, notice.payload, notice)
        if now < self._events_from:
            return None
        gap = self._gaps.next()
        if gap is not None:
            return OutgoingMessage(self._topics.gap, payloads.gap_message(self._topics.device, gap), gap)
        queued = self._events.next(now, window)
        return None if queued is None else OutgoingMessage(self._topics.event, queued.event.payload, queued)

    def _fits(self, message: OutgoingMessage) -> bool:
        largest = self._accepted.maximum_packet_size
        return largest is None or message.size <= largest

    def _sent(self, message: OutgoingMessage, *, unheard: bool) -> None:
        self.proved = True
        self.answered += 1
        match message.content:
            case QueuedEvent():
                self._events.sent(message.content)
                self._patience.reset()
                self._alarm.reset()
                self.forbidden = ""
                self.carried += 1
                self.unheard += unheard
            case Gap():
                self._gaps.sent(message.content)
                self.unheard += unheard

    def _take_back(self, message: OutgoingMessage, kind: PubackAction, now: float) -> None:
        match message.content:
            case QueuedEvent():
                self._events.refused(message.content, now)
            case Gap():
                self._gaps.refused(message.content)
            case RetainedMessage() if kind is PubackAction.RETRY_LATER:
                self._cursor.take_back(message.content)
