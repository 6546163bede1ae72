"""From the spool to the broker: one thread that connects, sends, and marks what was acknowledged.

An event counts as sent only after a PUBACK whose reason code does not refuse it. Whatever the
connection held when it was lost is sent again from the spool, under the same id.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Protocol

from edge import broker
from edge.config import Config
from edge.dial import Dialer
from edge.messages import Topics
from edge.session import NOBODY_SUBSCRIBED, Backoff, Reader, Session
from edge.signals import Acknowledged, Connected, Lost, Refused, Signal, Unreachable
from edge.types import BrokerError, SpoolError

LOOK_S = 1.0
"""How often a connection's thread is looked at."""

FAREWELL_S = 0.3
"""Kept back from the time to stop for ending the connection."""

SERVER_SHUTTING_DOWN = 0x8B

_log = logging.getLogger(__name__)


class Backlog(Reader, Protocol):
    """The reading side of the spool."""

    def on_change(self, callback: Callable[[], None]) -> None:
        """Has `callback` called after each commit of events and each new state."""

    def flush(self, timeout: float) -> None:
        """Waits until what was appended can be read."""


class Uplink:
    """Keeps a connection to the broker and empties the spool into it."""

    def __init__(self, backlog: Backlog, dialer: Dialer, backoff: Backoff | None = None) -> None:
        self._backlog = backlog
        self._dialer = dialer
        self._backoff = backoff or Backoff()
        self._inbox: SimpleQueue[tuple[int, Signal | None]] = SimpleQueue()
        self._session: Session | None = None
        self._number = 0
        self._dial_at = 0.0
        self._accepted_at = 0.0
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
    def unheard(self) -> int:
        """Messages that a broker took while nobody was subscribed to them; they count as sent."""
        return self._unheard

    def start(self) -> None:
        """Begins to connect; returns at once."""
        self._backlog.on_change(self._wake)
        self._thread.start()

    def stop(self, timeout: float = 2.0) -> None:
        """Sends what can be sent, has `offline` published, and ends, all within `timeout` seconds.

        What could not be sent stays in the spool. With no connection it ends at once. Close the spool
        after this, not before.
        """
        if self._thread.ident is None:
            return
        self._stop_at = time.monotonic() + timeout
        try:
            self._backlog.flush(timeout / 2)
        except SpoolError as error:
            _log.warning("%s", error)
        self._wake()
        self._thread.join(timeout)

    def _wake(self) -> None:
        self._inbox.put((0, None))

    def _run(self) -> None:
        while not self._over(time.monotonic()):
            self._turn()
        if self._session is not None:
            left = (self._stop_at or 0.0) - time.monotonic()
            self._session.link.close(max(left, 0.0), with_will=self._session.ready)

    def _over(self, now: float) -> bool:
        if self._stop_at is None:
            return False
        return self._session is None or self._session.drained or now >= self._stop_at - FAREWELL_S

    def _turn(self) -> None:
        if self._session is None and time.monotonic() >= self._dial_at:
            self._dial()
        number, signal = self._wait()
        try:
            if signal is None:
                self._look(woken=number == 0)
            elif number == self._number and self._session is not None:
                self._handle(self._session, signal)
            if self._session is not None:
                self._say(self._session.fill(time.monotonic()))
        except BrokerError:
            self._hang_up(
                f"the connection to the MQTT broker at {self._dialer.broker.address} is lost; trying again"
            )
        except SpoolError as error:
            self._say(str(error))
            if self._session is not None:
                self._session.pause(time.monotonic() + LOOK_S)

    def _dial(self) -> None:
        self._number += 1
        number, inbox = self._number, self._inbox
        link = self._dialer.dial(lambda signal: inbox.put((number, signal)))
        self._session = Session(link, self._backlog, self._dialer.topics)

    def _wait(self) -> tuple[int, Signal | None]:
        """The next signal; (-1, None) where it is time to look after things."""
        now = time.monotonic()
        if self._session is None:
            patience = self._dial_at - now
        else:
            left = self._session.pause_left(now)
            patience = LOOK_S if left is None else min(left, LOOK_S)
        if self._stop_at is not None:
            patience = min(patience, self._stop_at - FAREWELL_S - now)
        try:
            return self._inbox.get(timeout=max(patience, 0.0))
        except Empty:
            return -1, None

    def _look(self, *, woken: bool) -> None:
        if self._session is None:
            return
        if woken:
            self._session.changed()
        # A thread that ends in good order has said why, and that may still wait in the inbox.
        if not self._session.link.alive and self._inbox.empty():
            self._hang_up(f"the network thread to {self._dialer.broker.address} has died; making a new one")

    def _handle(self, session: Session, signal: Signal) -> None:
        where = self._dialer.broker
        match signal:
            case Connected():
                self._accept(session, signal)
            case Acknowledged():
                self._answered(session, signal)
            case Unreachable():
                self._hang_up(broker.unreachable(where, signal.error))
            case Refused():
                self._hang_up(broker.refused(where, signal.code, signal.text))
            case Lost():
                self._forgive(session, signal)
                self._hang_up(broker.lost(where, signal.code, signal.text, accepted=session.ready))

    def _answered(self, session: Session, answer: Acknowledged) -> None:
        complaint = session.acknowledged(answer, time.monotonic())
        self._problem = ""
        self._say(complaint)
        if answer.code == NOBODY_SUBSCRIBED:
            self._unheard += 1

    def _accept(self, session: Session, connected: Connected) -> None:
        session.open(connected)
        self._accepted_at = time.monotonic()
        self._said.clear()
        self._problem = ""
        _log.info("connected to the MQTT broker at %s", self._dialer.broker.address)

    def _forgive(self, session: Session, lost: Lost) -> None:
        """A connection that had worked is made anew quickly, unless the broker throws the device out."""
        thrown_out = lost.by_broker and lost.code != SERVER_SHUTTING_DOWN
        lasted = time.monotonic() - self._accepted_at > self._backoff.longest
        if session.proved and (lasted or not thrown_out):
            self._backoff.reset()

    def _hang_up(self, sentence: str) -> None:
        if self._session is not None:
            self._session.link.close()
        self._session = None
        self._dial_at = time.monotonic() + self._backoff.next()
        self._say(sentence)

    def _say(self, sentence: str) -> None:
        """Logs a sentence once until the next connection, so that a long outage is one line."""
        if not sentence:
            return
        self._problem = sentence
        if sentence not in self._said:
            self._said.add(sentence)
            _log.warning("%s", sentence)


def open_uplink(config: Config, backlog: Backlog) -> Uplink:
    """The uplink that the configuration asks for; call its `start`.

    Raises:
        ConfigError: The password or a TLS file cannot be used, or the host is none.
    """
    mqtt = config.mqtt
    where = broker.Broker(
        host=mqtt.host,
        port=mqtt.port,
        keepalive=mqtt.keepalive_s,
        login=broker.login(mqtt.username, mqtt.password_file, os.environ),
        tls=broker.tls(mqtt.ca_file, mqtt.client_cert_file, mqtt.client_key_file),
    )
    return Uplink(backlog, Dialer(where, Topics(config.device.site, config.device.name)))
