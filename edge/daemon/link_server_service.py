"""The socket for the process that sends, as a service of the one that sees."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path

from edge.daemon.service import Service
from edge.daemon.spool_service import SpoolService
from edge.errors import SpoolError
from edge.spool.control.link_server import LinkServer, SeeingSide

RETRY_S = 10.0
_log = logging.getLogger(__name__)


class LinkServerService(Service):
    """Lets the other process work on the spool. Without the socket the device sees and stores as ever."""

    def __init__(
        self,
        spool: SpoolService,
        path: Path,
        side: SeeingSide,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._spool = spool
        self._path = path
        self._side = side
        self._clock = clock
        self._server: LinkServer | None = None
        self._retry_at = 0.0
        self._problem = ""

    def start(self) -> None:
        """Opens the socket, or tries again later."""
        self._retry_at = self._clock() + RETRY_S
        try:
            self._server = LinkServer(self._spool.spool, self._path, self._side)
            self._problem = ""
        except SpoolError as error:
            if str(error) != self._problem:
                _log.error("%s; nothing is sent until it can", error)
            self._problem = str(error)

    def check(self) -> None:
        """Tries again to open a socket that could not be made."""
        if self._server is None and self._clock() >= self._retry_at:
            self.start()

    def status(self) -> str:
        """Why there is no socket; nothing where there is one."""
        return self._problem

    def stop(self) -> None:
        """Takes the socket away."""
        if self._server is not None:
            self._server.close()
