"""The demo's own Mosquitto."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from edge.demo import broker as own
from tests.conftest import MakeBroker


@pytest.mark.broker
def test_a_broker_is_there_while_the_demo_runs(make_broker: MakeBroker, tmp_path: Path) -> None:
    """On a port of its own; afterwards nobody listens there."""
    with own.own_broker(tmp_path) as port:
        assert port is not None
        socket.create_connection(("127.0.0.1", port), timeout=10).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=10)


def test_without_mosquitto_there_is_no_port(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The demo then shows the spool."""
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(own, "BROKER_PLACES", "/nowhere")
    with own.own_broker(tmp_path) as port:
        assert port is None
