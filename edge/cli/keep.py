"""The spool and its door, as the configuration wants them."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from edge.config import SpoolConfig
from edge.errors import SpoolError
from edge.spool import Limits, Spool
from edge.spool.control.server import Door

_log = logging.getLogger(__name__)


def limits(config: SpoolConfig) -> Limits:
    """How much the spool is to keep."""
    return Limits(config.max_events, config.max_mib << 20, config.keep_days)


def watched(spool: Spool, stopped: Callable[[], bool]) -> Callable[[], bool]:
    """Says what `stopped` says, and raises SpoolError where nothing is stored any more."""

    def ended() -> bool:
        if not spool.alive:
            raise SpoolError(f"the spool {spool.path} stores nothing any more; start again")
        return stopped()

    return ended


def open_spool(config: SpoolConfig, stack: ExitStack) -> Spool:
    """Opens the spool, and the socket for the tools; the stack closes both.

    Raises:
        SpoolError: The spool cannot be opened. Without a socket the device works all the same.
    """
    spool = Spool.open(Path(config.path), config.keep_days, limits=limits(config))
    stack.callback(spool.close)
    try:
        stack.callback(Door(spool).close)
    except SpoolError as error:
        _log.warning("%s; `maskgate events` will not work while this runs", error)
    return spool
