"""When to connect, and what the ends of earlier connections teach. Used by the sender thread only."""

from __future__ import annotations

from edge.messages.topics import Topics
from edge.mqtt import problems
from edge.mqtt.backoff import Backoff
from edge.mqtt.connector import Connector
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEventQueue,
    ConnectionLost,
    ConnectionRefused,
)
from edge.mqtt.takeover import TakeoverDetector
from edge.uplink.inflight import OutgoingMessage
from edge.uplink.poison import PoisonDetector
from edge.uplink.session import Session, Sources

ACCEPT_S = 30.0
"""How long a connection may be in the making."""

ACK_TIMEOUT = 1.5
"""For how many times the keepalive a broker may leave messages unacknowledged."""

# MQTT 5.0, section 3.14.2.1: it ends every connection, so nothing is wrong with this one.
SERVER_SHUTTING_DOWN = 0x8B


class ConnectionManager:
    """One connection after another, each with a number: `attempts` is that of the present one."""

    def __init__(self, connector: Connector, topics: Topics, backoff: Backoff) -> None:
        self.attempts = 0
        self._connector = connector
        self._topics = topics
        self._backoff = backoff
        self._poison = PoisonDetector(ACK_TIMEOUT * connector.broker.keepalive)
        self._takeover = TakeoverDetector()
        self._next_at = 0.0
        self._began_at = 0.0
        self._accepted_at = 0.0

    def wait(self, now: float) -> float:
        """Seconds until the next connection may be made."""
        return max(self._next_at - now, 0.0)

    def connect(self, sources: Sources, events: ConnectionEventQueue, now: float) -> Session:
        """Begins the next connection."""
        self.attempts += 1
        self._began_at = now
        connection = self._connector.connect(events.for_connection(self.attempts))
        return Session(connection, sources, self._topics, self._poison.limits(now))

    @property
    def thrown_out(self) -> bool:
        """Whether another client is suspected to have the same identifier."""
        return self._takeover.wait_s > 0

    def accepted(self, accepted: ConnectionAccepted, now: float) -> None:
        """The broker has accepted the present connection."""
        self._accepted_at = now
        self._connector.accepted(accepted)

    def refused(self, refused: ConnectionRefused) -> str:
        """The broker has refused the present connection: a sentence, unless it is done without something."""
        if self._connector.refused(refused.code):
            return ""
        return problems.refused(self._connector.broker, refused.code, refused.text)

    def suspicion(self) -> str:
        """A sentence on another client that the broker says nothing of; empty where there is none."""
        return problems.thrown_out(self._connector.broker) if self._takeover.guessed else ""

    def failure(self, session: Session, events: ConnectionEventQueue, now: float) -> str:
        """Why the present connection is of no use, as a sentence; empty while it is."""
        where = self._connector.broker.address
        # A thread that ends in good order has said why, and that may still wait in the queue.
        if not session.connection.alive and events.empty:
            return f"the network thread to {where} has died; making a new one"
        if session.overdue(now):
            return f"the MQTT broker at {where} does not answer any more; making a new connection"
        if not session.ready and now - self._began_at > ACCEPT_S:
            return f"the MQTT broker at {where} does not answer; trying again"
        return ""

    def postpone(self, now: float) -> None:
        """Something failed before there was a connection."""
        self._next_at = now + self._backoff.next()

    def ended(self, session: Session, lost: ConnectionLost | None, now: float) -> OutgoingMessage | None:
        """The present connection has ended.

        Returns:
            An event that this broker will never take; None where there is none.
        """
        # Of a connection that was not accepted, `_accepted_at` is still the time of an earlier one.
        lasted = now - self._accepted_at if session.ready else 0.0
        if lost is not None and session.ready:
            self._takeover.ended(lost, lasted)
        # One that had worked is made anew quickly, unless the broker throws the device out.
        thrown_out = lost is not None and lost.by_broker and lost.code != SERVER_SHUTTING_DOWN
        worked = session.acknowledged > 0 and (lasted > self._backoff.longest or not thrown_out)
        culprit = self._poison.connection_ended(session, lost, lasted, now)
        if culprit is not None or worked:
            self._backoff.reset()
        self.postpone(now)
        self._next_at = max(self._next_at, now + self._takeover.wait_s)
        return culprit
