"""The spool of the process that sees, as a service of the one that sends."""

from __future__ import annotations

from pathlib import Path

from edge.daemon.service import Service
from edge.errors import SpoolError
from edge.spool.control.link_client import SpoolLink
from edge.telemetry.minutes import MinuteQueue


class LinkClientService(Service):
    """Holds the link. The other process may come and go, and is waited for.

    Attributes:
        spool: The link.
    """

    def __init__(self, path: Path, minute_queue: MinuteQueue) -> None:
        self.spool = SpoolLink(path, minute_queue)

    def start(self) -> None:
        """Begins to watch the spool."""
        self.spool.start()

    def check(self) -> None:
        """Raises SpoolError where nothing is heard of the spool any more."""
        if not self.spool.alive:
            raise SpoolError("the link to the spool ended unexpectedly; start again")

    def status(self) -> str:
        """Why the spool cannot be reached, or what is wrong with it."""
        return self.spool.trouble or self.spool.problem

    def stop(self) -> None:
        """Ends the link."""
        self.spool.close()
