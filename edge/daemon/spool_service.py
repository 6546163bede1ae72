"""The spool as a service, with the socket through which the tools ask for it."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

from edge.config import Config
from edge.daemon.commissioning import Commissioning
from edge.daemon.service import Problem, Service, attempt
from edge.errors import SpoolError
from edge.spool import Spool
from edge.spool.control.handlers import LiveViewPort, Seeing
from edge.spool.control.server import ControlServer
from edge.spool.records import limits_of
from edge.spool.storage.opening import examine_place
from edge.types import DeviceKey

STALLED_S = 60.0
"""How long one commit, or one answer, may take: a worn card takes its time."""

_log = logging.getLogger(__name__)


class SpoolService(Service):
    """Holds the spool.

    Attributes:
        spool: It, from `start` on.
        commissioning: What an installer asks for through the socket.
    """

    spool: Spool

    def __init__(self, config: Config, live_view: LiveViewPort | None = None) -> None:
        """`live_view`: what the tools may ask for besides."""
        self._config = config
        self._live_view = live_view
        self.commissioning = Commissioning(config)
        self._server: ControlServer | None = None
        self._failing = False

    def examine(self) -> Iterator[Problem]:
        """What is wrong with the place of the spool; a daemon may hold it meanwhile."""
        yield from attempt("spool.path", lambda: examine_place(Path(self._config.spool.path)))

    def start(self) -> None:
        """Opens the spool; without a disk or a socket the device works all the same.

        Raises:
            SpoolError: Another process holds the spool.
        """
        config, device = self._config.spool, self._config.device
        origin = DeviceKey(device.site, device.name)
        self.spool = Spool.open_or_stand_in(Path(config.path), limits_of(config), origin=origin)
        self._serve_tools()

    def check(self) -> None:
        """Raises SpoolError where nothing is stored any more."""
        if not self.spool.alive:
            raise SpoolError(f"the spool {self.spool.path} stores nothing any more; start again")
        failing, self._failing = self._failing, self.spool.failing
        # A disk that could not be used had no room for the socket either.
        if failing and not self._failing and self._server is None:
            self._serve_tools()

    def status(self) -> str:
        """Why the spool fails; nothing where it does not."""
        return f"the spool fails: {self.spool.problem}" if self.spool.failing else ""

    def stalled(self) -> str:
        """A disk that has not come back from a commit; one that refuses does."""
        busy_s = self.spool.busy_s
        return f"the spool has been busy for {busy_s:.0f} s" if busy_s > STALLED_S else ""

    def _serve_tools(self) -> None:
        self._failing = self.spool.failing
        try:
            self._server = ControlServer(
                self.spool, seeing=Seeing(self._live_view, self.commissioning.answer)
            )
        except SpoolError as error:
            _log.warning("%s; `maskgate events` will not work for now", error)

    def stop(self) -> None:
        """Commits what waits, and closes socket and file."""
        # The socket first: a request must find the spool open.
        if self._server is not None:
            self._server.close()
        self.spool.close()
