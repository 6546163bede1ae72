"""The device as pages and API see it: asked over the spool's control socket, once for all clients."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from edge.errors import SpoolError
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import PageRequest, SpoolStats, StoredEvent
from edge.types import State

POLL_S = 1.0
"""How often the daemon is asked; the time that a page may be behind."""
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """What is known of the device at one moment.

    Attributes:
        running: Whether a daemon holds the spool and answers.
        state: What it shows; None where no daemon runs, or before its first frame.
        spool: What the spool holds; None where there is none that can be read.
        newest: The position of the newest event; -1 where there is none.
        problem: Why the device cannot be asked; empty where it can.
    """

    running: bool = False
    state: State | None = None
    spool: SpoolStats | None = None
    newest: int = -1
    problem: str = "the device has not been asked yet"


class DeviceMonitor:
    """Keeps the latest `DeviceStatus`, and wakes whoever waits for another one."""

    def __init__(self, client: SpoolClient) -> None:
        self._client = client
        self.status = DeviceStatus()
        self._changed = asyncio.Condition()

    async def run(self) -> None:
        """Asks until it is cancelled."""
        while True:
            await self.refresh()
            await asyncio.sleep(POLL_S)

    async def refresh(self) -> None:
        """Asks once."""
        found = await asyncio.to_thread(read_status, self._client)
        if found != self.status:
            if found.problem and found.problem != self.status.problem:
                _log.warning("%s", found.problem)
            self.status = found
            async with self._changed:
                self._changed.notify_all()

    async def changes(self, heartbeat_s: float) -> AsyncIterator[DeviceStatus]:
        """Each status from now on; the same one again after some seconds without another."""
        while True:
            shown = self.status
            yield shown
            async with self._changed:
                try:
                    async with asyncio.timeout(heartbeat_s):
                        await self._changed.wait_for(lambda: self.status != shown)  # noqa: B023 - awaited here
                except TimeoutError:
                    continue


def read_status(client: SpoolClient) -> DeviceStatus:
    """Asks the daemon, or the spool's file where none runs. Waits."""
    try:
        current = client.state()
        spool = client.stats()
        newest = client.page(PageRequest(limit=1, newest=True))
    except SpoolError as error:
        return DeviceStatus(problem=str(error))
    return DeviceStatus(
        running=current is not None,
        state=None if current is None else current.state,
        spool=spool,
        newest=newest[-1].position if newest else -1,
        problem="" if current is not None else "the daemon does not run; start maskgate.service",
    )


def event_of(stored: StoredEvent) -> dict[str, Any]:
    """The members of a stored event's message."""
    members: dict[str, Any] = json.loads(stored.payload)
    return members
