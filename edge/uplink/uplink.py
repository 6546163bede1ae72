"""From the spool to the broker: one thread that connects, sends, and marks what was acknowledged.

An event counts as sent only after a PUBACK whose reason code does not refuse it. Whatever the
connection held when it was lost is sent again from the spool, under the same id.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from edge.errors import BrokerError, SpoolError
from edge.messages.topics import Topics
from edge.mqtt import problems
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.events import (
    MAX_WAITING_MESSAGES,
    ConnectionAccepted,
    ConnectionEvent,
    ConnectionEventQueue,
    ConnectionFailed,
    ConnectionLost,
    ConnectionRefused,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from edge.mqtt.reason_codes import REFUSED
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.ports import SpoolReader
from edge.uplink.reconnect import ConnectionManager
from edge.uplink.session import Session
from edge.uplink.status import StatusPublisher

LOOK_S = 1.0
"""How often a connection's thread is looked at."""

FAREWELL_S = 0.3
"""Kept back from the time to stop for ending the connection."""

_log = logging.getLogger(__name__)


MAX_PACKET_BYTES = 16_384
"""What a broker may send to a device: an `ack` has at most 8 KiB."""


def connect_options(topics: Topics) -> ConnectOptions:
    """How a device presents itself to a broker, which publishes `offline` when the device vanishes."""
    return ConnectOptions(topics.client_id, topics.availability, maximum_packet_size=MAX_PACKET_BYTES)


class Uplink:
    """Keeps a connection to the broker and empties the spool into it."""

    def __init__(
        self,
        backlog: SpoolReader,
        connector: Connector,
        topics: Topics,
        *,
        backoff: Backoff | None = None,
        inbound: InboundHandler | None = None,
        status: StatusPublisher | None = None,
    ) -> None:
        self._backlog = backlog
        self._connector = connector
        self._inbound = inbound or InboundHandler(backlog, topics, InboundPolicy(), lambda _: None)
        self._status = status or StatusPublisher(backlog, topics)
        self._connections = ConnectionManager(connector, topics, backoff or Backoff())
        self._inbox = ConnectionEventQueue(MAX_WAITING_MESSAGES)
        self._session: Session | None = None
        self._stop_at: float | None = None
        self._said: set[str] = set()
        self._problem = "the first connection is being made"
        self._unheard = 0
        self._thread = threading.Thread(target=self._run, name="maskgate-uplink", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the present connection."""
        session = self._session
        return session is not None and session.ready

    @property
    def alive(self) -> bool:
        """Whether the sender's thread runs."""
        return self._thread.is_alive()

    @property
    def problem(self) -> str:
        """Why nothing is sent, as one sentence; empty while all is well."""
        return self._problem

    @property
    def attempts(self) -> int:
        """Connections that were begun, the present one included."""
        return self._connections.number

    @property
    def unheard(self) -> int:
        """Events that a broker took while nobody was subscribed to them; they count as sent."""
        session = self._session
        return self._unheard + (0 if session is None else session.unheard)

    @property
    def ignored(self) -> int:
        """Messages to this device that broke a rule, or were too many."""
        return self._inbound.ignored + self._inbox.dropped

    def start(self) -> None:
        """Begins to connect; returns at once."""
        self._backlog.on_change(self._inbox.wake)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Sends what can be sent, has `offline` published, and ends, all within `timeout` seconds.

        What could not be sent stays in the spool. With no connection it ends at once. Close the spool
        after this, not before.
        """
        if self._thread.ident is None:
            return
        stop_at = time.monotonic() + timeout
        try:
            self._backlog.flush(timeout / 2)
        except SpoolError as error:
            _log.warning("%s", error)
        # Not before: a sender that has sent all it knows of would end, and leave what is being stored.
        self._stop_at = stop_at
        self._inbox.wake()
        self._thread.join(timeout)

    def _run(self) -> None:
        while self._stop_at is None:
            self._cycle()
        self._status.hurry()
        if self._session is not None:
            self._guarded(self._look, time.monotonic())
        while not self._over(self._stop_at, time.monotonic()):
            self._cycle()
        if self._session is not None:
            left = self._stop_at - time.monotonic()
            self._session.link.close(max(left, 0.0), with_will=self._session.ready)

    def _over(self, stop_at: float, now: float) -> bool:
        done = self._session is None or (self._inbox.empty and self._session.drained)
        return done or now >= stop_at - FAREWELL_S

    def _cycle(self) -> None:
        try:
            now = time.monotonic()
            if self._session is None and self._connections.wait(now) == 0.0:
                self._session = self._connections.begin(
                    self._backlog, self._status.retained_messages, self._inbox, now
                )
            # All of them are taken, whatever happens to one.
            for number, signal in tuple(self._inbox.burst(self._patience(now))):
                self._guarded(self._take, number, signal)
            self._guarded(self._look, time.monotonic())
        except Exception:
            # Whatever it is, the events are in the spool, and a new connection is a new chance.
            _log.exception("the sender failed; it begins anew")
            self._hang_up("the sender failed, see the log; trying again")

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except BrokerError:
            self._hang_up(
                f"the connection to the MQTT broker at {self._connector.broker.address} is lost; trying again"
            )
        except SpoolError as error:
            self._say(str(error))
            if self._session is not None:
                self._session.pause(time.monotonic() + LOOK_S)

    def _patience(self, now: float) -> float:
        """How long to wait for a signal."""
        if self._session is None:
            patience = min(self._connections.wait(now), LOOK_S)
        else:
            wait = self._session.wait(now)
            patience = LOOK_S if wait is None else min(wait, LOOK_S)
        return patience if self._stop_at is None else min(patience, self._stop_at - FAREWELL_S - now)

    def _take(self, number: int, signal: ConnectionEvent | None) -> None:
        if self._session is None:
            return
        if signal is None:
            self._session.changed()
        elif number == self._connections.number:
            self._handle(self._session, signal)

    def _look(self, now: float) -> None:
        session = self._session
        if self.connected:
            self._inbound.look(now)
        self._status.cycle(now, self.unheard, "" if session is None else session.forbidden)
        if session is None:
            return
        self._say(session.fill(now))
        if failure := self._connections.failure(session, self._inbox, now):
            self._hang_up(failure)

    def _handle(self, session: Session, signal: ConnectionEvent) -> None:
        where, now = self._connector.broker, time.monotonic()
        match signal:
            case PublishAcknowledged():
                complaint = session.acknowledged(signal, now)
                self._problem = session.forbidden
                self._say(complaint)
            case MessageReceived():
                self._inbound.hear(signal, now)
            case ConnectionAccepted():
                self._accept(session, signal)
            case SubscriptionAcknowledged():
                if any(code >= REFUSED for code in signal.codes):
                    self._say(f"the MQTT broker at {where.address} does not let this device subscribe")
            case ConnectionFailed():
                self._hang_up(problems.unreachable(where, signal.error))
            case ConnectionRefused():
                self._hang_up(problems.refused(where, signal.code, signal.text))
            case ConnectionLost():
                self._hang_up(problems.lost(where, signal.code, signal.text, accepted=session.ready), signal)

    def _accept(self, session: Session, connected: ConnectionAccepted) -> None:
        try:
            self._inbound.connected(time.monotonic())
            session.open(connected)
        except SpoolError as error:
            self._hang_up(str(error))
            return
        if self._inbound.filters:
            session.link.subscribe(self._inbound.filters, as_published=True)
        self._connections.accepted(time.monotonic())
        self._said.clear()
        self._problem = ""
        _log.info("connected to the MQTT broker at %s", self._connector.broker.address)

    def _hang_up(self, sentence: str, lost: ConnectionLost | None = None) -> None:
        session, self._session = self._session, None
        if session is None:
            self._connections.postpone(time.monotonic())
        else:
            session.link.close()
            self._unheard += session.unheard
            sentence = self._judge(session, lost) or sentence
        self._say(sentence)

    def _judge(self, session: Session, lost: ConnectionLost | None) -> str:
        """Learns from the end of a connection; a sentence where an event was the cause."""
        culprit = self._connections.ended(session, lost, time.monotonic())
        try:
            session.settle()
            return "" if culprit is None else session.set_aside(culprit, "the broker hangs up on a message")
        except SpoolError as error:
            return str(error)

    def _say(self, sentence: str) -> None:
        """Logs a sentence once until the next connection, so that a long outage is one line."""
        if not sentence:
            return
        self._problem = sentence
        if sentence not in self._said:
            self._said.add(sentence)
            _log.warning("%s", sentence)
