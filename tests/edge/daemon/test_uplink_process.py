"""The process that sends, while the one that sees comes and goes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.link_client_service import LinkClientService
from edge.daemon.link_path import link_path
from edge.daemon.link_server_service import RETRY_S, LinkServerService
from edge.daemon.spool_service import SpoolService
from edge.daemon.uplink_process import WaitingLoop, uplink_process
from edge.errors import SpoolError
from edge.spool.control.link_server import SeeingSide
from edge.telemetry.minutes import MinuteQueue
from tests.support.builders import event
from tests.support.fakes import FakeClock
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until
from tests.support.service_manager import service_manager


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config.model_validate({"spool": {"path": str(tmp_path / "spool.db")}, "mqtt": {"port": 9}})


@pytest.fixture
def spool(config: Config) -> Iterator[SpoolService]:
    service = SpoolService(config)
    service.start()
    yield service
    service.stop()


def serve(spool: SpoolService, path: Path, clock: FakeClock | None = None) -> LinkServerService:
    side = SeeingSide(MinuteQueue(), lambda _: None)
    return LinkServerService(spool, path, side, (clock or FakeClock()).monotonic)


def test_a_socket_that_cannot_be_made_is_tried_again(tmp_path: Path, spool: SpoolService) -> None:
    """The device sees and stores meanwhile, and says so."""
    clock = FakeClock()
    server = serve(spool, tmp_path / "run" / "uplink.sock", clock)
    server.start()
    assert "uplink.sock cannot be made" in server.status()
    (tmp_path / "run").mkdir()
    server.check()
    assert server.status() != ""
    clock.now += RETRY_S
    server.check()
    assert server.status() == ""
    assert (tmp_path / "run" / "uplink.sock").exists()
    server.stop()
    assert not (tmp_path / "run" / "uplink.sock").exists()


def test_the_socket_is_in_the_runtime_directory_or_beside_the_spool(config: Config) -> None:
    """Both processes find it, as services and by hand."""
    assert link_path(config, {"RUNTIME_DIRECTORY": "/run/maskgate:/run/other"}) == Path(
        "/run/maskgate/uplink.sock"
    )
    assert link_path(config, {}) == Path(f"{config.spool.path}.uplink.sock")


def test_the_link_says_what_is_wrong(tmp_path: Path, spool: SpoolService) -> None:
    """That nobody answers, then nothing; a link whose thread ended ends the process."""
    client = LinkClientService(tmp_path / "uplink.sock", MinuteQueue())
    client.start()
    wait_until(lambda: "is maskgate-vision running" in client.status())
    server = serve(spool, tmp_path / "uplink.sock")
    server.start()
    wait_until(lambda: client.status() == "")
    client.check()
    client.stop()
    with pytest.raises(SpoolError, match="ended unexpectedly"):
        client.check()
    server.stop()


def test_the_loop_waits_until_it_is_stopped() -> None:
    """And lets its services be looked at meanwhile."""
    stopping, turns = threading.Event(), 0
    for _ in WaitingLoop().cycles(stopping):
        turns += 1
        stopping.set()
    assert turns == 1


@pytest.mark.broker
def test_it_is_ready_without_the_other_process_and_sends_once_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, broker: Mosquitto
) -> None:
    """Neither has to be started first."""
    config = Config.model_validate(
        {"spool": {"path": str(tmp_path / "spool.db")}, "mqtt": {"host": "127.0.0.1", "port": broker.port}}
    )
    path = tmp_path / "uplink.sock"
    daemon = uplink_process(config, path)
    with service_manager(tmp_path) as manager, Subscriber(broker.port) as subscriber:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        thread = threading.Thread(target=daemon.run)
        thread.start()
        try:
            assert "is maskgate-vision running" in manager.wait_for("READY=1")
            spool = SpoolService(config)
            spool.start()
            server = serve(spool, path)
            server.start()
            with closing(spool.spool):
                spool.spool.append(event(1))
                subscriber.wait_for_events(1)
                wait_until(lambda: spool.spool.depth() == 0)
                server.stop()
        finally:
            daemon.stop()
            thread.join(30)
    assert not thread.is_alive()
