"""From the spool to the broker: one thread that connects, sends, and marks what was acknowledged."""

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
from edge.system.pulse import Pulse
from edge.telemetry.records import SenderState
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.ports import SpoolReader
from edge.uplink.reconnect import ConnectionManager
from edge.uplink.sender_report import SenderReport
from edge.uplink.session import Session, Sources
from edge.uplink.status import StatusPublisher

CYCLE_S = 1.0
"""How long a cycle waits for an event, at most; so often a connection's thread is looked at."""

DISCONNECT_S = 0.3
"""Kept back from the time to stop for ending the connection."""

MAX_PACKET_BYTES = 16_384
"""What a broker may send to a device: an `ack` has at most 8 KiB."""

_log = logging.getLogger(__name__)


def connect_options(topics: Topics, client_id: str = "") -> ConnectOptions:
    """How a device presents itself to a broker, which publishes `offline` when the device vanishes.

    Args:
        topics: Of the device.
        client_id: Its identifier; empty for the one that its names make.
    """
    return ConnectOptions(
        client_id or topics.client_id, topics.availability, maximum_packet_size=MAX_PACKET_BYTES
    )


class Uplink:
    """Keeps a connection to the broker and empties the spool into it."""

    def __init__(
        self,
        spool: SpoolReader,
        connector: Connector,
        topics: Topics,
        *,
        backoff: Backoff | None = None,
        inbound: InboundHandler | None = None,
        status: StatusPublisher | None = None,
    ) -> None:
        self._spool = spool
        self._broker = connector.broker
        self._inbound = inbound or InboundHandler(spool, topics, InboundPolicy(), lambda _: None)
        self._status = status or StatusPublisher(spool, topics)
        self._sources = Sources(spool, self._status.retained_messages, self._inbound.replies)
        self._connections = ConnectionManager(connector, topics, backoff or Backoff())
        self._events = ConnectionEventQueue(MAX_WAITING_MESSAGES)
        self._session: Session | None = None
        self._stop_at: float | None = None
        self._logged: set[str] = set()
        self._lacking: tuple[str, ...] = ()
        self._problem = "the first connection is being made"
        self._no_subscribers = 0
        self._sender_report = SenderReport(spool)
        self._pulse = Pulse()
        self._thread = threading.Thread(target=self._run, name="maskgate-uplink", daemon=True)

    @property
    def connected(self) -> bool:
        """Whether the broker has accepted the present connection."""
        # Read once: another thread asks while the sender may replace it.
        session = self._session
        return session is not None and session.ready

    @property
    def alive(self) -> bool:
        """Whether the sender's thread runs."""
        return self._thread.is_alive()

    @property
    def busy_s(self) -> float:
        """Seconds that the sender's present cycle has taken; 0 while it waits for events."""
        return self._pulse.busy_s

    @property
    def problem(self) -> str:
        """Why nothing is sent, as one sentence; empty while all is well."""
        return self._problem

    @property
    def attempts(self) -> int:
        """Connections that were begun, the present one included."""
        return self._connections.attempts

    @property
    def no_subscribers(self) -> int:
        """Events that a broker took while nobody was subscribed to them; they count as sent."""
        session = self._session
        return self._no_subscribers + (0 if session is None else session.no_subscribers)

    @property
    def ignored(self) -> int:
        """Messages to this device that broke a rule, or were too many."""
        return self._inbound.ignored + self._events.dropped

    def start(self) -> None:
        """Begins to connect; returns at once."""
        self._spool.on_change(self._events.wake)
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
            # Half of the time, so that a slow disk leaves some for sending.
            self._spool.flush(timeout / 2)
        except SpoolError as error:
            _log.warning("%s", error)
        # Not before: a sender that has sent all it knows of would end, and leave what is being stored.
        self._stop_at = stop_at
        self._events.wake()
        self._thread.join(timeout)

    def _run(self) -> None:
        while self._stop_at is None:
            self._cycle()
        self._status.finish()
        if self._session is not None:
            # Publishes the last minute before it is asked whether all was sent.
            self._guarded(self._send, time.monotonic())
        while not self._finished(self._stop_at, time.monotonic()):
            self._cycle()
        if self._session is not None:
            left = self._stop_at - time.monotonic()
            # With the will, so that `offline` comes from the broker, behind everything that was sent.
            self._session.connection.close(max(left, 0.0), with_will=self._session.ready)

    def _finished(self, stop_at: float, now: float) -> bool:
        done = self._session is None or (self._events.empty and self._session.drained)
        return done or now >= stop_at - DISCONNECT_S

    def _cycle(self) -> None:
        self._pulse.beat()
        try:
            now = time.monotonic()
            if self._session is None and self._connections.wait(now) == 0.0:
                self._session = self._connections.connect(self._sources, self._events, now)
            timeout = self._timeout(now)
            self._pulse.rest()
            burst = tuple(self._events.burst(timeout))
            self._pulse.beat()
            # All of them are taken, whatever happens to one.
            for number, event in burst:
                self._guarded(self._take, number, event)
            self._guarded(self._send, time.monotonic())
        except Exception:
            # Whatever it is, the events are in the spool, and a new connection is a new chance.
            _log.exception("the sender failed; it begins anew")
            self._disconnect("the sender failed, see the log; trying again")

    def _guarded(self, work: Callable[..., None], *arguments: object) -> None:
        try:
            work(*arguments)
        except BrokerError:
            self._disconnect(
                f"the connection to the MQTT broker at {self._broker.address} is lost; trying again"
            )
        except SpoolError as error:
            # Not asked again at once: the sender would spin while the disk refuses.
            self._report(str(error))
            if self._session is not None:
                self._session.pause(time.monotonic() + CYCLE_S)

    def _timeout(self, now: float) -> float:
        """How long to wait for an event."""
        if self._session is None:
            timeout = min(self._connections.wait(now), CYCLE_S)
        else:
            wait = self._session.wait(now)
            timeout = CYCLE_S if wait is None else min(wait, CYCLE_S)
        return timeout if self._stop_at is None else min(timeout, self._stop_at - DISCONNECT_S - now)

    def _take(self, number: int, event: ConnectionEvent | None) -> None:
        if self._session is None:
            return
        if event is None:
            self._session.changed()
        elif number == self._connections.attempts:
            # What an earlier connection left behind would be taken for an answer of this one.
            self._handle(self._session, event)

    def _send(self, now: float) -> None:
        session = self._session
        if self.connected:
            self._inbound.redeliver(now)
        forbidden = "" if session is None else session.forbidden
        muted = self._inbound.muted(now)
        self._status.cycle(now, self.no_subscribers, forbidden, muted=muted)
        problem = forbidden or self._problem
        self._sender_report.tell(now, SenderState(self.connected, problem, self.no_subscribers, muted))
        if session is None:
            return
        self._report(session.fill(now))
        if failure := self._connections.failure(session, self._events, now):
            self._disconnect(failure)

    def _handle(self, session: Session, event: ConnectionEvent) -> None:
        broker, now = self._broker, time.monotonic()
        match event:
            case PublishAcknowledged():
                self._log_once(session.handle_acknowledgement(event, now))
                self._problem = session.problem
            case MessageReceived():
                self._inbound.handle(event, now)
            case ConnectionAccepted():
                self._accept(session, event)
            case SubscriptionAcknowledged():
                # The connection stays: events are sent without `ack` and `command` as well.
                if any(code >= REFUSED for code in event.codes):
                    self._report(f"the MQTT broker at {broker.address} does not let this device subscribe")
            case ConnectionFailed():
                self._disconnect(problems.unreachable(broker, event.error))
            case ConnectionRefused():
                self._disconnect(self._connections.refused(event))
            case ConnectionLost():
                sentence = problems.lost(broker, event.code, event.text, accepted=session.ready)
                self._disconnect(
                    problems.misbehaved(broker, event.text) if event.refused else sentence, event
                )

    def _accept(self, session: Session, accepted: ConnectionAccepted) -> None:
        try:
            session.open(accepted)
        except SpoolError as error:
            self._disconnect(str(error))
            return
        self._connections.accepted(accepted, time.monotonic())
        self._problem = ""
        self._log_connected(accepted)
        # The connection stays where the disk cannot be read: the state says so, and needs no disk.
        self._guarded(self._inbound.connected, time.monotonic())
        if self._inbound.filters:
            session.connection.subscribe(self._inbound.filters, as_published=True)

    def _log_connected(self, accepted: ConnectionAccepted) -> None:
        """Says so, unless another client ends one connection after the other."""
        if self._connections.thrown_out:
            return
        self._logged.clear()
        _log.info("connected to the MQTT broker at %s", self._broker.address)
        lacking = tuple(problems.lacking(self._broker, accepted))
        if lacking != self._lacking:
            self._lacking = lacking
            for sentence in lacking:
                _log.warning("%s", sentence)

    def _disconnect(self, sentence: str, lost: ConnectionLost | None = None) -> None:
        session, self._session = self._session, None
        if session is None:
            self._connections.postpone(time.monotonic())
        else:
            session.connection.close()
            self._no_subscribers += session.no_subscribers
            sentence = self._learn(session, lost) or sentence
        self._report(sentence)

    def _learn(self, session: Session, lost: ConnectionLost | None) -> str:
        """Learns from the end of a connection; a sentence where an event or another client is the cause."""
        culprit = self._connections.ended(session, lost, time.monotonic())
        try:
            # What was acknowledged before the end would otherwise be sent twice.
            session.settle()
            if culprit is not None:
                return session.give_up(culprit, "the broker hangs up on a message")
            return self._connections.suspicion()
        except SpoolError as error:
            return str(error)

    def _report(self, sentence: str) -> None:
        if sentence:
            self._problem = sentence
            self._log_once(sentence)

    def _log_once(self, sentence: str) -> None:
        """Logs a sentence once until the next connection, so that a long outage is one line."""
        if sentence and sentence not in self._logged:
            self._logged.add(sentence)
            _log.warning("%s", sentence)
