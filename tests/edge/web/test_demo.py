"""A device for a try."""

from __future__ import annotations

from pathlib import Path

from edge.spool.control.client import SpoolClient
from edge.spool.control.requests import LiveViewAnswer, SwitchViewRequest
from edge.spool.records import limits_of
from edge.web.demo import demo_device
from edge.web.device import read_status
from tests.support.mosquitto import wait_until


def told_until(client: SpoolClient) -> float | None:
    state = read_status(client).current.state
    return None if state is None else state.live_view_until


def test_a_device_for_a_try() -> None:
    """It sees people as a real one does, shows a picture of them, and is gone without a trace in the end."""
    with demo_device() as config:
        client = SpoolClient(Path(config.spool.path), limits_of(config.spool))
        # A page that is opened at once shows it.
        assert client.state() is not None
        wait_until(lambda: read_status(client).newest > 0, 120)
        assert read_status(client).running
        assert client.view() == LiveViewAnswer(True, None, "", "the live view is off; switch it on")
        assert client.switch_view(SwitchViewRequest(True, "a test"))
        wait_until(lambda: (answer := client.view()) is not None and bool(answer.jpeg), 60)
        wait_until(lambda: told_until(client) is not None, 60)
    assert not Path(config.spool.path).parent.exists()
