"""A daemon whose sender fails."""

from __future__ import annotations

import pytest

from edge.config import Config
from edge.daemon.all_in_one import all_in_one
from edge.errors import BrokerError
from tests.support.daemons import NoObserver


def test_a_sender_that_ended_ends_the_daemon(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that sends nothing any more is started again, and keeps its events."""
    monkeypatch.setattr("edge.uplink.uplink.Uplink.alive", False)
    config = Config.model_validate(
        {
            "spool": {"path": str(tmp_path_factory.mktemp("spool") / "spool.db")},
            "camera": {"source": "/dev/video99"},
            "lamp": {"kind": "none"},
            "mqtt": {"port": 9},
        }
    )
    with pytest.raises(BrokerError, match="the sender ended unexpectedly"):
        all_in_one(config, NoObserver()).run()
