"""The collector's side of the broker: one connection after another, each with a number."""

from __future__ import annotations

import logging
import time
from queue import Empty, SimpleQueue

from edge.collector import words
from edge.collector.acks import Message
from edge.errors import BrokerError
from edge.mqtt import broker
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import PersistentSession
from edge.mqtt.client import WINDOW, Connection
from edge.mqtt.connector import Listener
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.reason_codes import REFUSED

STANDING = PersistentSession(expiry_s=7 * 86_400, receive_maximum=1_000, largest=1_048_576)
"""The session that a collector wants: what waits for a week, 1,000 messages unacknowledged, 1 MiB each."""

LASTING_S = 10.0
"""A connection that is lost sooner has not lasted."""

BRIEF = 3
"""So many connections in a row that did not last are no chance."""

log = logging.getLogger(__name__)

Entry = tuple[int, ConnectionEvent | None]
"""A signal with the number of its connection; None only wakes."""


class CollectorConnection:
    """Keeps a connection to the broker and what it is subscribed to; used by one thread."""

    def __init__(self, connector: Listener, filters: tuple[str, ...]) -> None:
        self.number = 0
        self.ready = False
        self._connector = connector
        self._filters = filters
        self._inbox: SimpleQueue[Entry] = SimpleQueue()
        self._backoff = Backoff()
        self._brief = Backoff(longest=4.0)
        self._ready_at = 0.0
        self._link: Connection | None = None
        self._dial_at = 0.0
        self._window = self._outstanding = 0
        self._said: set[str] = set()

    @property
    def room(self) -> int:
        """How many messages the broker would take now."""
        return max(self._window - self._outstanding, 0) if self.ready else 0

    @property
    def empty(self) -> bool:
        """Whether nothing is waiting to be handled."""
        return self._inbox.empty()

    def wake(self) -> None:
        """Has `next` return; may be called by any thread and by a signal."""
        self._inbox.put((0, None))

    def next(self, patience: float) -> Entry | None:
        """The next signal, None where none comes within `patience` seconds."""
        try:
            return self._inbox.get(timeout=max(patience, 0.0))
        except Empty:
            return None

    def wait(self, now: float) -> float | None:
        """Seconds until the next attempt; None where there is a connection."""
        return max(self._dial_at - now, 0.0) if self._link is None else None

    def connect(self) -> None:
        """Begins the next connection."""
        self.number += 1
        number, inbox = self.number, self._inbox
        self._link = self._connector.connect(lambda signal: inbox.put((number, signal)))

    def handle(self, signal: ConnectionEvent | None) -> None:
        """Takes what the present connection has to say, messages apart."""
        where = self._connector.broker
        match signal:
            case ConnectionAccepted():
                self._window = min(WINDOW, signal.receive_maximum)
            case SubscriptionAcknowledged():
                self._subscribed(signal)
            case PublishAcknowledged():
                self._outstanding -= 1
                if signal.code >= REFUSED:
                    self.say(
                        f"the broker refuses a message: {signal.text.lower()}; its access list must allow it"
                    )
            case ConnectionFailed():
                self.hang_up(broker.unreachable(where, signal.error))
            case ConnectionRefused():
                self.hang_up(broker.refused(where, signal.code, signal.text))
            case ConnectionLost():
                self.hang_up(broker.lost(where, signal.code, signal.text, accepted=self._window > 0))

    def present(self, number: int) -> bool:
        """Whether a number is that of the connection that there is."""
        return self._link is not None and number == self.number

    def subscribe(self, stale: tuple[str, ...]) -> None:
        """Asks for messages, and for none of those that an earlier run of this client asked for."""
        if self._link is not None:
            if stale:
                self._link.unsubscribe(stale)
            self._link.subscribe(self._filters)

    def acknowledge(self, number: int, arrived: MessageReceived) -> None:
        """Lets the broker forget a message, if the connection over which it came still stands."""
        if self._link is not None and number == self.number:
            self._link.acknowledge(arrived)

    def publish(self, message: Message) -> None:
        """Hands a message to the broker; see `room`.

        Raises:
            BrokerError: The connection is gone.
        """
        if self._link is None:
            raise BrokerError("there is no connection")
        self._link.publish(message.topic, message.payload, retain=message.retain)
        self._outstanding += 1

    def look(self) -> None:
        """Finds a network thread that has died without a word."""
        if self._link is not None and not self._link.alive and self._inbox.empty():
            self.hang_up(f"the network thread to {self._connector.broker.address} has died; making a new one")

    def lost(self) -> None:
        """Publishing has failed."""
        self.hang_up(f"the connection to {self._connector.broker.address} is lost; trying again")

    def hang_up(self, sentence: str) -> None:
        """Ends the connection, says why, and waits before the next."""
        now, ready = time.monotonic(), self.ready
        self.close(0.0)
        if not ready or now - self._ready_at >= LASTING_S:
            self._brief.reset()
        if ready and not self._brief.failures:
            self._said.clear()
        self._dial_at = now + (self._brief if ready else self._backoff).next()
        self.say(sentence)
        if self._brief.failures >= BRIEF:
            self.say(
                f"connections to {self._connector.broker.address} do not last; if another collector has the "
                "same name, give each its own --consumer or --instance"
            )

    def close(self, timeout: float) -> None:
        """Ends the connection; the broker keeps the session."""
        if self._link is not None:
            self._link.close(timeout)
        self._link, self.ready = None, False
        self._window = self._outstanding = 0

    def say(self, sentence: str) -> None:
        """Logs a sentence once until a connection has lasted, so that a long outage is one line."""
        if sentence not in self._said:
            self._said.add(sentence)
            log.warning("%s", words.options(sentence))

    def _subscribed(self, answer: SubscriptionAcknowledged) -> None:
        pairs = zip(self._filters, answer.codes, strict=False)
        refused = [one for one, code in pairs if code >= REFUSED]
        if refused:
            self.hang_up(f"the broker refuses a subscription to {refused[0]}; its access list must allow it")
            return
        self.ready, self._ready_at = True, time.monotonic()
        self._backoff.reset()
        log.info("listening to %s", self._connector.broker.address)
