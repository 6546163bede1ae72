"""The device as pages and API see it."""

from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

from edge.spool import Spool
from edge.spool.control.client import SpoolClient
from edge.web.device import DeviceMonitor, DeviceStatus, read_status
from tests.support.builders import limits
from tests.support.spools import fill


def test_a_device_that_is_off(tmp_path: Path) -> None:
    """Its events can be read all the same, and the sentence says what to do."""
    path = tmp_path / "spool.db"
    with closing(Spool.open(path, limits())) as spool:
        fill(spool, range(1, 4))
    status = read_status(SpoolClient(path, limits()))
    assert not status.running
    assert status.newest == 3
    assert status.spool is not None
    assert status.spool.unsent == 3
    assert status.problem == "the daemon does not run; start maskgate.service"


def test_a_change_wakes_who_waits(tmp_path: Path) -> None:
    """Everybody who waits sees the new status; without one they see the old one again after a while."""
    monitor = DeviceMonitor(SpoolClient(tmp_path / "spool.db", limits()))

    async def wait() -> list[DeviceStatus]:
        changes = monitor.changes(heartbeat_s=0.01)
        seen = [await anext(changes), await anext(changes)]
        await monitor.refresh()
        return [*seen, await anext(changes)]

    first, again, after = asyncio.run(wait())
    assert first is again
    assert "there is no spool" in after.problem
