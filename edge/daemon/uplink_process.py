"""The process that sends: from the spool of the other one to the broker. It imports nothing that sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from edge.config import Config
from edge.daemon.daemon import Daemon
from edge.daemon.link_client_service import LinkClientService
from edge.daemon.uplink_service import UplinkService
from edge.telemetry.minutes import MinuteQueue

TURN_S = 0.5
"""So often the loop looks at its services."""


class WaitingLoop:
    """A main thread with nothing to do but to look after the others."""

    def cycles(self, stopping: threading.Event) -> Iterator[None]:
        """Waits until it is stopped."""
        while not stopping.wait(TURN_S):
            yield

    def reload(self) -> None:
        """Has nothing that could have changed."""


def uplink_process(config: Config, link: Path) -> Daemon:
    """The daemon of `maskgate uplink`.

    Args:
        config: What config.toml says.
        link: The socket of the process that holds the spool.
    """
    minute_queue = MinuteQueue()
    spool = LinkClientService(link, minute_queue)
    uplink = UplinkService(config, spool, minute_queue, spool.spool.mute)
    return Daemon([spool, uplink], WaitingLoop())
