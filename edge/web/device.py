"""The device as pages and API see it: asked over the spool's control socket, once for all clients."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

from edge.errors import SpoolError
from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import CurrentState, SpoolStats, StoredEvent
from edge.system import health
from edge.system.health import Health

POLL_S = 1.0
"""How often the daemon is asked; the time that a page may be behind."""
NOT_RUNNING = "the daemon does not run; start maskgate.service"
_SILENT = CurrentState(None)
_UNKNOWN = Health(None, None)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class DeviceStatus:
    """What is known of the device at one moment.

    Attributes:
        running: Whether a daemon holds the spool and answers.
        current: What it shows and how it goes; all of it None where no daemon runs.
        health: How warm the machine is, to the degree.
        spool: What the spool holds; None where there is none that can be read.
        problem: Why the device cannot be asked; empty where it can.
    """

    running: bool = False
    current: CurrentState = _SILENT
    health: Health = _UNKNOWN
    spool: SpoolStats | None = None
    problem: str = "the device has not been asked yet"

    @property
    def newest(self) -> int:
        """The position of the newest event; -1 where there is none."""
        return -1 if self.spool is None else self.spool.newest


class DeviceMonitor:
    """Keeps the latest `DeviceStatus`, and wakes whoever waits for another one."""

    def __init__(self, client: SpoolClient) -> None:
        self._client = client
        self.status = DeviceStatus()
        self._changed = asyncio.Condition()
        self._closed = False

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

    async def close(self) -> None:
        """Ends the `changes` of all who wait."""
        self._closed = True
        async with self._changed:
            self._changed.notify_all()

    async def changes(self, heartbeat_s: float) -> AsyncIterator[DeviceStatus]:
        """Each status from now on; the same one again after some seconds without another."""
        while not self._closed:
            shown = self.status
            yield shown
            async with self._changed:
                try:
                    async with asyncio.timeout(heartbeat_s):
                        await self._changed.wait_for(lambda: self._closed or self.status != shown)  # noqa: B023 - awaited here
                except TimeoutError:
                    continue


def read_status(client: SpoolClient) -> DeviceStatus:
    """Asks the daemon, or the spool's file where none runs. Waits."""
    try:
        found = client.overview()
    except SpoolError as error:
        return DeviceStatus(problem=str(error))
    return DeviceStatus(
        running=found.current is not None,
        current=found.current or _SILENT,
        health=_read_health(),
        spool=found.spool,
        problem="" if found.current is not None else NOT_RUNNING,
    )


def _read_health() -> Health:
    found = health.read()
    # To the degree: tenths would be a change a second.
    degrees = None if found.temperature_c is None else float(round(found.temperature_c))
    return replace(found, temperature_c=degrees)


def event_of(stored: StoredEvent) -> dict[str, Any]:
    """The members of a stored event's message."""
    members: dict[str, Any] = json.loads(stored.payload)
    return members
