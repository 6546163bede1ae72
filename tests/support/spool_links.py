"""A spool, the socket for the process that sends, and what that process sees of it."""

from __future__ import annotations

from pathlib import Path

from edge.spool import Spool
from edge.spool.control.link_client import SpoolLink
from edge.spool.control.link_server import LinkServer, SeeingSide
from edge.telemetry.minutes import MinuteQueue
from edge.types import DeviceKey
from tests.support.builders import limits
from tests.support.scripted_uplinks import Muted


class Joined:
    """Both ends, in one process."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "link.sock"
        self.muted = Muted()
        self.watched, self.heard = MinuteQueue(), MinuteQueue()
        self.spool = Spool.open(folder / "spool.db", limits(), origin=DeviceKey("plant", "door"))
        self.server = self.serve()
        self.link = SpoolLink(self.path, self.heard)

    def serve(self) -> LinkServer:
        return LinkServer(self.spool, self.path, SeeingSide(self.watched, self.muted))

    def close(self) -> None:
        self.link.close()
        self.server.close()
        self.spool.close()
