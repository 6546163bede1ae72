"""The uplink as a service."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Iterator
from typing import Protocol

from edge.config import Config
from edge.daemon.service import Problem, Service, attempt
from edge.daemon.uplink_factory import make_broker, make_client_id, open_uplink
from edge.errors import BrokerError, SpoolError
from edge.mqtt import broker
from edge.mqtt.broker import ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.probe import probe
from edge.system.secrets import as_service
from edge.telemetry.minutes import MinuteQueue
from edge.uplink.ports import SpoolReader
from edge.uplink.uplink import Uplink

DRAIN_S = 5.0
"""How long the end of a recording waits for a broker."""

FLUSH_S = 1.0
"""How long it waits for a disk first."""

STALLED_S = 90.0
"""How long one cycle of the sender may take: it may wait for answers of a slow disk, 30 s each."""

_log = logging.getLogger(__name__)


class SpoolHolder(Protocol):
    """The service that has the spool: this process's own, or the link to that of another one."""

    @property
    def spool(self) -> SpoolReader:
        """It, from `start` on."""


class UplinkService(Service):
    """Sends what is in the spool, on a thread of its own."""

    _uplink: Uplink

    def __init__(
        self, config: Config, spool: SpoolHolder, minute_queue: MinuteQueue, mute: Callable[[float], None]
    ) -> None:
        self._config = config
        self._spool = spool
        self._minute_queue = minute_queue
        self._mute = mute

    def examine(self) -> Iterator[Problem]:
        """What is wrong with host, login and TLS."""
        mqtt = self._config.mqtt
        login: broker.Login | None = None
        try:
            login = broker.login(mqtt.username, mqtt.password_file, as_service(broker.CREDENTIAL, os.environ))
        except broker.BrokerSettingError as error:
            yield Problem(f"mqtt.{error.field}", error)
        yield from (
            Problem(f"mqtt.{error.field}", error) for error in broker.refused(make_broker(mqtt, login))
        )

    def connect(self) -> Iterator[Problem]:
        """Whether the broker takes the device, under another identifier than that of a running daemon."""
        mqtt = self._config.mqtt
        login = broker.login(mqtt.username, mqtt.password_file, as_service(broker.CREDENTIAL, os.environ))
        options = ConnectOptions(f"{make_client_id(self._config)}-check")
        yield from attempt("mqtt.host", lambda: probe(Connector(make_broker(mqtt, login), options)))

    def start(self) -> None:
        """Begins to connect.

        Raises:
            ConfigError: The broker cannot be used as it is set.
        """
        self._uplink = open_uplink(self._config, self._spool.spool, self._minute_queue, self._mute)
        self._uplink.start()

    def check(self) -> None:
        """Raises BrokerError where nothing is sent any more."""
        if not self._uplink.alive:
            raise BrokerError("the sender ended unexpectedly; the spool keeps its events, start again")

    def status(self) -> str:
        """Whether the broker is connected, or why not."""
        return "broker connected" if self._uplink.connected else f"no broker: {self._uplink.problem}"

    def stalled(self) -> str:
        """A sender that hangs."""
        busy_s = self._uplink.busy_s
        return f"the sender has been busy for {busy_s:.0f} s" if busy_s > STALLED_S else ""

    def drain(self) -> Iterator[None]:
        """Sends what a recording left."""
        yield from drain(self._spool.spool)

    def stop(self) -> None:
        """Sends what can be sent within its time, and says goodbye to the broker."""
        self._uplink.stop()


def drain(spool: SpoolReader) -> Iterator[None]:
    """Gives the uplink `DRAIN_S` seconds to empty the spool; what it cannot send stays there."""
    deadline = time.monotonic() + DRAIN_S
    try:
        # What waits in the spool's queue is in no figure yet.
        spool.flush(FLUSH_S)
    except SpoolError as error:
        _log.warning("%s", error)
    while spool.figures().unsent and time.monotonic() < deadline:
        time.sleep(0.05)
        yield
    if unsent := spool.figures().unsent:
        _log.warning("no broker took %d events within %.0f s", unsent, DRAIN_S)
