"""The uplink as a service."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from edge.config import Config
from edge.daemon.factory import open_uplink
from edge.daemon.service import Service
from edge.daemon.spool_service import SpoolService
from edge.errors import BrokerError
from edge.spool import Spool
from edge.uplink.status import MinuteQueue
from edge.uplink.uplink import Uplink

DRAIN_S = 5.0
"""How long the end of a recording waits for a broker."""

_log = logging.getLogger(__name__)


class UplinkService(Service):
    """Sends what is in the spool, on a thread of its own."""

    _uplink: Uplink

    def __init__(
        self, config: Config, spool: SpoolService, minute_queue: MinuteQueue, mute: Callable[[float], None]
    ) -> None:
        self._config = config
        self._spool = spool
        self._minute_queue = minute_queue
        self._mute = mute

    def start(self) -> None:
        """Begins to connect.

        Raises:
            ConfigError: The password or a TLS file cannot be used, or the host is none.
        """
        self._uplink = open_uplink(self._config, self._spool.spool, self._minute_queue, self._mute)
        self._uplink.start()

    def check(self) -> None:
        """Raises BrokerError where nothing is sent any more."""
        if not self._uplink.alive:
            raise BrokerError("the sender ended unexpectedly; the spool keeps its events, start again")

    def drain(self) -> None:
        """Sends what a recording left."""
        drain(self._spool.spool)

    def stop(self) -> None:
        """Sends what can be sent within its time, and says goodbye to the broker."""
        self._uplink.stop()


def drain(spool: Spool) -> None:
    """Gives the uplink `DRAIN_S` seconds to empty the spool; what it cannot send stays there."""
    # What waits in the spool's queue is in no figure yet.
    spool.flush()
    deadline = time.monotonic() + DRAIN_S
    while spool.depth() and time.monotonic() < deadline:
        time.sleep(0.05)
    if spool.depth():
        _log.warning("no broker took %d events within %.0f s", spool.depth(), DRAIN_S)
