"""A device for a try."""

from __future__ import annotations

from pathlib import Path

from edge.spool.control.client import SpoolClient
from edge.spool.records import limits_of
from edge.web.demo import demo_device
from edge.web.device import read_status
from tests.support.mosquitto import wait_until


def test_a_device_for_a_try() -> None:
    """It sees people as a real one does, and is gone without a trace in the end."""
    with demo_device() as config:
        client = SpoolClient(Path(config.spool.path), limits_of(config.spool))
        wait_until(lambda: read_status(client).newest > 0, 120)
        assert read_status(client).running
    assert not Path(config.spool.path).parent.exists()
