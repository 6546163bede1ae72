"""One connection's account: what was published, what the broker has acknowledged, what comes next.

Used by the sender thread only; takes time as an argument.
"""

from __future__ import annotations

from collections.abc import Hashable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.client import WINDOW, Connection
from edge.mqtt.events import ConnectionAccepted, PublishAcknowledged
from edge.mqtt.reason_codes import PACKET_TOO_LARGE, PubackAction, puback_action
from edge.uplink.event_queue import EventQueue
from edge.uplink.forbidden import ForbiddenTopics
from edge.uplink.gap_queue import GapQueue
from edge.uplink.inflight import InFlight, OutgoingMessage
from edge.uplink.pass_queue import PassQueue
from edge.uplink.ports import SpoolReader
from edge.uplink.refusals import RefusalTracker
from edge.uplink.replies import ReplyQueue
from edge.uplink.retained import RetainedCursor, RetainedMessages

_FILL = 64
"""Messages that are looked at before the sender looks after anything else."""
_ADVICE = {
    PubackAction.NOT_AUTHORIZED: "its access list must allow this device to publish there",
    PubackAction.RETRY_LATER: "it may be taken later",
}


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What a session may do.

    Attributes:
        ack_timeout_s: How long a broker may leave a message unacknowledged before it is given up.
        one_by_one: How many messages are sent one by one before the window opens.
        skipped: Keys of messages that are left out, or left for another connection.
        forbidden: Why earlier connections took no event, as a sentence; empty where they did.
        refusals: The events that were refused for good over earlier connections.
    """

    ack_timeout_s: float = 45.0
    one_by_one: int = 0
    skipped: AbstractSet[Hashable] = frozenset()
    forbidden: str = ""
    refusals: RefusalTracker = field(default_factory=RefusalTracker)


@dataclass(frozen=True, slots=True)
class Sources:
    """Where messages come from, over all connections.

    Attributes:
        spool: Events, gaps, and begins and ends of passes.
        retained_messages: What a device is now.
        replies: Answers to commands.
    """

    spool: SpoolReader
    retained_messages: RetainedMessages
    replies: ReplyQueue


class Session:
    """One connection, from the attempt to its end.

    Attributes:
        connection: The connection itself.
        ready: Whether the broker has accepted it.
        acknowledged: Messages that the broker has taken.
        no_subscribers: Events and gaps that it took while nobody was subscribed.
        in_flight: What it has not acknowledged.
    """

    def __init__(
        self,
        connection: Connection,
        sources: Sources,
        topics: Topics,
        limits: SessionLimits,
    ) -> None:
        self.connection = connection
        self.ready = False
        self.acknowledged = 0
        self.no_subscribers = 0
        self.in_flight = InFlight()
        self._reader = sources.spool
        self._topics = topics
        self._limits = limits
        self._retained = RetainedCursor(sources.retained_messages, limits.skipped)
        self._replies = sources.replies
        self._gaps = GapQueue(sources.spool, topics, limits.skipped)
        self._passes = PassQueue(sources.spool, topics)
        self._events: EventQueue
        self._accepted: ConnectionAccepted
        self._paused_until = 0.0
        self._retry_backoff = Backoff()
        self._forbidden = ForbiddenTopics()
        self._earlier = limits.forbidden
        self._too_large = self._busy = ""

    @property
    def refusal(self) -> str:
        """Why the broker takes no events, as a sentence; empty where it does."""
        return self._forbidden.sentence or self._earlier

    @property
    def forbidden(self) -> str:
        """Why events cannot be published, as a sentence; empty where they can."""
        return self.refusal or self._too_large

    @property
    def problem(self) -> str:
        """Why events are not published now, as a sentence; empty where they are."""
        return self.forbidden or self._busy

    @property
    def drained(self) -> bool:
        """Whether all that the spool had was sent and acknowledged."""
        return (
            self.ready
            and not len(self.in_flight)
            and self._retained.empty
            and self._replies.empty
            and self._gaps.empty
            and self._passes.empty
            and self._events.empty
        )

    def open(self, accepted: ConnectionAccepted) -> None:
        """The broker has accepted the connection.

        Raises:
            SpoolError: The spool cannot be read.
        """
        # Not before: what is newest now divides what is live from the backlog.
        self._events = EventQueue(self._reader, self._topics, self._left_out)
        self._accepted = accepted
        self.ready = True

    def changed(self) -> None:
        """The spool has something new."""
        self._gaps.changed()
        self._passes.changed()
        if self.ready:
            self._events.changed()

    def pause(self, until: float) -> None:
        """Sends nothing before a monotonic time."""
        self._paused_until = max(self._paused_until, until)

    def wait(self, now: float) -> float | None:
        """Seconds until something that was held back may be sent; None where nothing is."""
        if self._paused_until > now:
            return self._paused_until - now
        refused = self._events.wait(now, self._forbidden.allowed(now)) if self.ready else None
        # What is due and was not sent waits for room, and an acknowledgement makes that.
        waits = [wait for wait in (refused, self._forbidden.wait(now), self._retained.wait(now)) if wait]
        return min(waits) if waits else None

    def overdue(self, now: float) -> bool:
        """Whether an acknowledgement is missing for so long that none will come."""
        return self.in_flight.overdue_s(now) > self._limits.ack_timeout_s

    def fill(self, now: float) -> str:
        """Marks in the spool what was acknowledged, and publishes as much as the window takes.

        Returns:
            A sentence on something that this broker cannot take, empty where there is nothing.

        Raises:
            BrokerError: The connection is gone.
            SpoolError: The spool cannot be read.
        """
        if not self.ready:
            return ""
        # First, so that the spool does not give again what is acknowledged already.
        self._events.settle()
        problem = ""
        window = self._window()
        for _ in range(_FILL):
            if len(self.in_flight) >= window or (message := self._next(now, window)) is None:
                break
            if self._fits(message):
                self.in_flight.add(self._publish(message), message, now)
            else:
                problem = self._does_not_fit(message)
        return problem

    def handle_acknowledgement(self, acknowledgement: PublishAcknowledged, now: float) -> str:
        """Takes the broker's answer to one message.

        Returns:
            A sentence on a refusal, empty where there is none.

        Raises:
            SpoolError: The spool is closed.
        """
        message = self.in_flight.pop(acknowledgement.mid, now)
        if message is None:
            return ""
        action = puback_action(acknowledgement.code)
        if action in (PubackAction.SENT, PubackAction.NO_SUBSCRIBERS):
            self._sent(message, action)
            return ""
        refusal = f"the broker refuses {message.topic}: {acknowledgement.text.lower()}"
        if action is PubackAction.GIVE_UP:
            too_large = acknowledgement.code == PACKET_TOO_LARGE
            return self._refused_for_good(message, refusal, now, too_large=too_large)
        message.queue.refused(message, action, now)
        sentence = f"{refusal}; {_ADVICE[action]}"
        if message.is_notice:
            # Nothing else waits for a notice: its queue has it wait by itself, or forgets it.
            return sentence
        if action is PubackAction.NOT_AUTHORIZED:
            self._forbidden.forbid(message.topic, sentence, now)
        else:
            self.pause(now + self._retry_backoff.next())
            self._busy = sentence
        return sentence

    def give_up(self, message: OutgoingMessage, reason: str) -> str:
        """Leaves out what this broker never takes; an event becomes a gap.

        Returns:
            A sentence on it.

        Raises:
            SpoolError: The spool is closed.
        """
        return f"{reason}; {message.queue.give_up(message)}"

    def settle(self) -> None:
        """Marks in the spool what was acknowledged.

        Raises:
            SpoolError: The spool is closed.
        """
        if self.ready:
            self._events.settle()

    def _left_out(self, position: int) -> bool:
        """Whether an event is left for another connection, or until a fellow was taken."""
        return position in self._limits.skipped or self._limits.refusals.waits(position)

    def _window(self) -> int:
        if self.acknowledged < self._limits.one_by_one:
            return 1
        # MQTT 5.0, section 3.2.2.3.3: more unacknowledged messages than this are a protocol error.
        return min(WINDOW, self._accepted.receive_maximum)

    def _publish(self, message: OutgoingMessage) -> int:
        return self.connection.publish(
            message.topic,
            message.payload,
            # A broker that retains nothing ends the connection over a retained message.
            retain=message.retain and self._accepted.retains,
            properties=message.properties,
        )

    def _next(self, now: float, window: int) -> OutgoingMessage | None:
        if now < self._paused_until:
            return None
        # Retained messages first: `online` and the state are few, and what follows is read in their light.
        # They go on while events are forbidden, since the state is what tells people about that.
        # Then answers: somebody waits for them.
        if message := self._retained.next(now) or self._replies.next():
            return message
        # A gap before events, so that a consumer does not ask for numbers that will never come.
        allowed = self._forbidden.allowed(now)
        if message := self._gaps.next(allowed):
            return message
        # Passes before events: a door or a display that acts on them cannot wait for a backlog of days.
        return self._passes.next() or self._events.next(now, window, allowed)

    def _fits(self, message: OutgoingMessage) -> bool:
        maximum = self._accepted.maximum_packet_size
        # MQTT 5.0, section 3.2.2.3.6: a client must not send a larger packet.
        return maximum is None or message.size <= maximum

    def _does_not_fit(self, message: OutgoingMessage) -> str:
        """The broker takes no packet of this size, over this connection."""
        maximum = self._accepted.maximum_packet_size
        reason = f"the broker takes at most {maximum} bytes, {message.topic} has more"
        if not message.is_event or self._events.outsized(message):
            return self.give_up(message, reason)
        self._events.leave(message)
        self._too_large = f"{reason}: events wait; raise its Maximum Packet Size"
        return self._too_large

    def _refused_for_good(
        self, message: OutgoingMessage, refusal: str, now: float, *, too_large: bool
    ) -> str:
        """Gives an event up only where its fellows are taken."""
        outsized = too_large and message.is_event and self._events.outsized(message)
        if not message.is_event or outsized or self._limits.refusals.refused(message, as_too_large=too_large):
            return self.give_up(message, refusal)
        message.queue.refused(message, PubackAction.RETRY_LATER, now)
        if self._limits.refusals.broker_to_blame:
            sentence = f"{refusal}, and the others as well: events wait; see the broker's log"
            self._forbidden.forbid(message.topic, sentence, now)
            return sentence
        return f"{refusal}; it waits in the spool"

    def _sent(self, message: OutgoingMessage, action: PubackAction) -> None:
        message.queue.sent(message)
        self.acknowledged += 1
        # Of what nobody hears of now only events and gaps are lost to those who subscribe later.
        if not message.is_notice:
            self.no_subscribers += action is PubackAction.NO_SUBSCRIBERS
            self._forbidden.allow(message.topic)
        # Only an event proves that events may be published again.
        if message.is_event:
            if self._limits.refusals.taken(message):
                self._events.begin_anew()
            self._retry_backoff.reset()
            self._earlier = self._busy = ""
