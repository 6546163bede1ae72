"""A daemon whose spool fails."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.all_in_one import all_in_one
from edge.daemon.spool_service import SpoolService
from edge.demo import CLIP
from edge.errors import SpoolError
from edge.spool import Spool, writer
from edge.spool.control.client import ask_daemon
from edge.spool.control.requests import SpoolStats, StatsRequest
from edge.spool.writer import SpoolWriter
from tests.support.builders import limits
from tests.support.daemons import Start, recording
from tests.support.mosquitto import Mosquitto, Subscriber


def settings(path: Path) -> Config:
    return Config.model_validate(
        {
            "spool": {"path": str(path)},
            "camera": {"source": "/dev/video99"},
            "lamp": {"kind": "none"},
            "mqtt": {"enabled": False},
        }
    )


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_spool_that_stores_nothing_any_more_ends_the_daemon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is started again by its supervisor, and does not wait for the next event to be lost."""

    def fail(_writer: SpoolWriter) -> None:
        raise RuntimeError("by intent")

    monkeypatch.setattr(SpoolWriter, "notify", fail)
    with pytest.raises(SpoolError, match="stores nothing any more"):
        all_in_one(settings(tmp_path / "spool.db")).run()


@pytest.mark.broker
def test_a_device_whose_disk_cannot_be_used_sees_shows_sends_and_says_so(
    start: Start, tmp_path: Path, broker: Mosquitto
) -> None:
    """A worn card must not mean a dark door."""
    (tmp_path / "spool.db").mkdir()
    with Subscriber(broker.port) as subscriber:
        daemon = start(recording(CLIP) + f"[mqtt]\nport = {broker.port}\n")
        out, err = daemon.communicate(timeout=60)
        subscriber.wait_for_availability(b"offline")
        verdicts = [message.json()["verdict"] for message in subscriber.named("event")]
        states = [message.json() for message in subscriber.named("state")]
    assert daemon.returncode == 0, err
    assert verdicts == ["compliant", "no_mask", "mask_incorrect", "no_mask", "compliant"]
    assert "lamp: green" in out
    assert any("spool.db" in state["spool_problem"] for state in states)
    assert any(state["lamp"] == "fault" for state in states)
    (told,) = [line for line in err.splitlines() if "ERROR" in line]
    assert "kept in memory only" in told


def test_the_disk_is_taken_up_again_while_the_daemon_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Storing, and the socket of the tools, begin when the folder can be made."""
    monkeypatch.setattr(writer, "DISK_RETRY_S", 0.01)
    (tmp_path / "state").write_text("")
    path = tmp_path / "state" / "spool.db"
    service = SpoolService(settings(path))
    service.start()
    try:
        service.check()
        back = threading.Event()
        service.spool.on_change(lambda: None if service.spool.failing else back.set())
        (tmp_path / "state").unlink()
        assert back.wait(30)
        service.check()
        stats = ask_daemon(path, StatsRequest(), SpoolStats)
        assert stats is not None
        assert stats.epochs[-1].name == service.spool.epoch
    finally:
        service.stop()


def test_a_spool_that_another_process_holds_ends_the_start(tmp_path: Path) -> None:
    """Two daemons of one name would throw each other off the broker."""
    held = Spool.open(tmp_path / "spool.db", limits())
    try:
        with pytest.raises(SpoolError, match="another process"):
            SpoolService(settings(tmp_path / "spool.db")).start()
    finally:
        held.close()
