"""The collector's side of the broker: one connection after another, each with a number."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable

from edge.collector.acks import Message
from edge.errors import BrokerError
from edge.mqtt import problems
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import ConnectOptions, PersistentSession
from edge.mqtt.client import WINDOW, Connection
from edge.mqtt.connector import Connector
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    ConnectionEventQueue,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
    Entry,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.properties import packet_size
from edge.mqtt.reason_codes import REFUSED, SHARED_NOT_SUPPORTED, WILDCARDS_NOT_SUPPORTED
from edge.mqtt.takeover import TakeoverDetector

SESSION = PersistentSession(expiry_s=7 * 86_400, receive_maximum=20_000)
"""The session that a collector wants: it waits for a week, with at most 20,000 messages unacknowledged.

While devices publish, a broker that takes one packet of each client in turn reads few acknowledgements of the
collector, and sends it nothing else.
"""

MAX_PACKET_BYTES = 16_384
"""What a broker may send to a collector: a device's messages have less than 4 KiB."""

SHARED = "$share/"
"""So begins the filter of a shared subscription."""

log = logging.getLogger(__name__)


def connect_options(client_id: str) -> ConnectOptions:
    """How a collector presents itself to a broker."""
    return ConnectOptions(client_id, session=SESSION, maximum_packet_size=MAX_PACKET_BYTES)


class CollectorConnection:
    """Keeps a connection to the broker and what it is subscribed to; used by one thread.

    Attributes:
        client_id: Under which name the broker keeps the session.
        filters: What it subscribes to.
        attempts: Number of the present connection.
        ready: Whether the broker has confirmed the subscriptions.
    """

    def __init__(self, connector: Connector, filters: tuple[str, ...]) -> None:
        self.client_id = connector.options.client_id
        self.filters = filters
        self.attempts = 0
        self.ready = False
        self._connector = connector
        self._events = ConnectionEventQueue()
        self._backoff = Backoff()
        self._takeover = TakeoverDetector()
        self._ready_at = 0.0
        self._connection: Connection | None = None
        self._next_at = 0.0
        self._accepted: ConnectionAccepted | None = None
        self._logged: set[str] = set()

    @property
    def room(self) -> int:
        """How many messages the broker would take now."""
        if self._accepted is None or self._connection is None or not self.ready:
            return 0
        # Not by the events that wait: an answer would come behind thousands of messages.
        return max(min(WINDOW, self._accepted.receive_maximum) - self._connection.unanswered, 0)

    @property
    def empty(self) -> bool:
        """Whether nothing is waiting to be handled."""
        return self._events.empty

    def wake(self) -> None:
        """Has `next` return; may be called by any thread and by a signal handler."""
        self._events.wake()

    def next(self, timeout: float) -> Entry | None:
        """The next event, None where none comes within `timeout` seconds."""
        return self._events.get(timeout)

    def wait(self, now: float) -> float | None:
        """Seconds until the next attempt; None where there is a connection."""
        return max(self._next_at - now, 0.0) if self._connection is None else None

    def connect(self) -> None:
        """Begins the next connection."""
        self.attempts += 1
        self._connection = self._connector.connect(self._events.for_connection(self.attempts))

    def handle(self, event: ConnectionEvent | None) -> None:
        """Handles an event of the present connection, messages apart."""
        broker = self._connector.broker
        match event:
            case ConnectionAccepted():
                self._accept(event)
            case SubscriptionAcknowledged():
                self._subscribed(event)
            case PublishAcknowledged():
                if event.code >= REFUSED:
                    self.log_once(
                        f"the broker refuses a message: {event.text.lower()}; its access list must allow it"
                    )
            case ConnectionFailed():
                self.disconnect(problems.unreachable(broker, event.error))
            case ConnectionRefused():
                self.disconnect(problems.refused(broker, event.code, event.text))
            case ConnectionLost():
                accepted = self._accepted is not None
                sentence = problems.lost(broker, event.code, event.text, accepted=accepted)
                self.disconnect(problems.misbehaved(broker, event.text) if event.refused else sentence, event)

    def is_present(self, number: int) -> bool:
        """Whether a number is that of the connection that there is."""
        return self._connection is not None and number == self.attempts

    def subscribe(self, stale: tuple[str, ...]) -> None:
        """Asks for messages, and for none of those that an earlier run of this client asked for."""
        if self._connection is not None:
            if stale:
                self._connection.unsubscribe(stale)
            self._connection.subscribe(self.filters)

    def acknowledge(self, received: Iterable[tuple[int, MessageReceived]]) -> None:
        """Lets the broker forget messages, each with the number of the connection over which it came."""
        # A packet identifier means nothing to another connection, over which the message comes again.
        if self._connection is not None:
            self._connection.acknowledge(message for number, message in received if number == self.attempts)

    def publish(self, message: Message) -> None:
        """Hands a message to the broker; see `room`.

        Raises:
            BrokerError: The connection is gone.
        """
        if self._connection is None:
            raise BrokerError("there is no connection")
        accepted = self._accepted
        maximum = None if accepted is None else accepted.maximum_packet_size
        if maximum is not None and packet_size(message.topic, message.payload) > maximum:
            self.log_once(
                f"the broker takes at most {maximum} bytes, {message.topic} has more and is left out"
            )
            return
        retain = message.retain and (accepted is None or accepted.retains)
        self._connection.publish(message.topic, message.payload, retain=retain)

    def check_thread(self) -> None:
        """Gives up a connection whose network thread has died without an event."""
        if self._connection is not None and not self._connection.alive and self._events.empty:
            address = self._connector.broker.address
            self.disconnect(f"the network thread to {address} has died; making a new one")

    def publish_failed(self) -> None:
        """Publishing has failed: the connection is gone."""
        self.disconnect(f"the connection to {self._connector.broker.address} is lost; trying again")

    def disconnect(self, sentence: str, lost: ConnectionLost | None = None) -> None:
        """Ends the connection, says why, and waits before the next.

        Args:
            sentence: Why.
            lost: What is known of an end that this side has not made.
        """
        now, ready = time.monotonic(), self.ready
        self.close(0.0)
        if ready and lost is not None:
            self._takeover.ended(lost, now - self._ready_at)
        if ready and not self._takeover.wait_s:
            self._logged.clear()
        self._next_at = now + max(self._backoff.next(), self._takeover.wait_s)
        guessed = ready and self._takeover.guessed
        self.log_once(problems.thrown_out(self._connector.broker) if guessed else sentence)

    def close(self, timeout: float) -> None:
        """Ends the connection; the broker keeps the session."""
        if self._connection is not None:
            self._connection.close(timeout)
        self._connection, self.ready, self._accepted = None, False, None

    def log_once(self, sentence: str) -> None:
        """Logs a sentence once until a connection has lasted, so that a long outage is one line."""
        if sentence not in self._logged:
            self._logged.add(sentence)
            log.warning("%s", sentence)

    def _accept(self, accepted: ConnectionAccepted) -> None:
        self._accepted = accepted
        self._connector.accepted(accepted)
        for sentence in problems.lacking(self._connector.broker, accepted):
            self.log_once(sentence)
        expiry_s = accepted.session_expiry_s
        if expiry_s is not None and expiry_s < SESSION.expiry_s:
            self.log_once(
                f"the broker keeps the session for {expiry_s} s only: what comes while the collector is away "
                "for longer is sent again only by devices with mqtt.accept_ack"
            )
        if not accepted.shares:
            self._divide_nothing()

    def _divide_nothing(self) -> None:
        """Subscribes to everything: each event is stored once, whoever of the group gets it."""
        shared = [topic_filter for topic_filter in self.filters if topic_filter.startswith(SHARED)]
        if shared:
            self.log_once(
                "the broker knows no shared subscriptions; each collector of the group gets all events"
            )
        self.filters = tuple(
            topic_filter.split("/", 2)[2] if topic_filter in shared else topic_filter
            for topic_filter in self.filters
        )

    def _subscribed(self, acknowledgement: SubscriptionAcknowledged) -> None:
        pairs = zip(self.filters, acknowledgement.codes, strict=False)
        refused = {code: topic_filter for topic_filter, code in pairs if code >= REFUSED}
        if SHARED_NOT_SUPPORTED in refused:
            self._divide_nothing()
        if refused:
            self.disconnect(_refusal(refused))
            return
        self.ready, self._ready_at = True, time.monotonic()
        self._backoff.reset()
        log.info("listening to %s", self._connector.broker.address)


def _refusal(refused: dict[int, str]) -> str:
    """A sentence on filters that a broker refuses, by reason code."""
    if WILDCARDS_NOT_SUPPORTED in refused:
        return (
            "the broker allows no wildcards in subscriptions; name every site and device: --site and --device"
        )
    if SHARED_NOT_SUPPORTED in refused:
        return "the broker refuses shared subscriptions; trying again without"
    (topic_filter, *_) = refused.values()
    return f"the broker refuses a subscription to {topic_filter}; its access list must allow it"
