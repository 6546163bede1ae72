"""One connection to a broker, to see whether it takes the client."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.errors import BrokerError
from edge.mqtt import probe as module
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.probe import echo, probe, publish_once
from tests.support.mosquitto import Mosquitto, free_port

ME = ConnectOptions("me-check")


def connector(port: int) -> Connector:
    return Connector(Broker("127.0.0.1", port), ME)


@pytest.mark.broker
def test_a_broker_that_takes_the_client_is_content(broker: Mosquitto) -> None:
    """And may be asked again at once."""
    probe(connector(broker.port))
    probe(connector(broker.port))


@pytest.mark.broker
def test_a_refusal_is_told(make_broker: Callable[..., Mosquitto]) -> None:
    """With what to look at."""
    broker = make_broker("allow_anonymous false").start()
    with pytest.raises(BrokerError, match=r"refuses the connection: .*mqtt\.username"):
        probe(connector(broker.port))


def test_a_broker_that_is_away_is_told() -> None:
    """By its address."""
    port = free_port()
    with pytest.raises(BrokerError, match=rf"127\.0\.0\.1:{port} cannot be reached"):
        probe(connector(port))


def test_what_does_not_answer_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Something listens there, and says nothing."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(BrokerError, match="does not answer"),
    ):
        probe(connector(silent.getsockname()[1]))


def test_what_hangs_up_is_told() -> None:
    """A port of something else, say."""
    with socket.create_server(("127.0.0.1", 0)) as other:

        def hang_up() -> None:
            other.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with pytest.raises(
            BrokerError, match=r"has closed the connection before it answered|cannot be reached"
        ):
            probe(connector(other.getsockname()[1]))


@pytest.mark.broker
def test_one_message_is_acknowledged(broker: Mosquitto) -> None:
    """Which shows that the client may publish it."""
    publish_once(connector(broker.port), "maskgate/site/door/availability", b"offline")


@pytest.mark.broker
def test_a_message_that_is_not_allowed_is_told(make_broker: Callable[..., Mosquitto], tmp_path: Path) -> None:
    """By its topic."""
    acl = tmp_path / "acl"
    acl.write_text("topic read #\n")
    acl.chmod(0o644)
    broker = make_broker("allow_anonymous true", f"acl_file {acl}").start()
    with pytest.raises(BrokerError, match=r"refuses a message on maskgate/site/door/event: not authorized"):
        publish_once(connector(broker.port), "maskgate/site/door/event", b"")


def test_a_message_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(BrokerError, match="does not acknowledge a message on a/b"),
    ):
        publish_once(connector(silent.getsockname()[1]), "a/b", b"")


@pytest.mark.broker
def test_a_message_comes_back(broker: Mosquitto) -> None:
    """To whoever sent it, where that may be read."""
    assert echo(connector(broker.port), "maskgate/site/door/reply/commission", b"{}")


@pytest.mark.broker
def test_a_message_need_not_come_back(
    make_broker: Callable[..., Mosquitto], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An access list lets a device write what it may not read; one that it may not write is a refusal."""
    monkeypatch.setattr(module, "BACK_S", 0.2)
    acl = tmp_path / "acl"
    acl.write_text("topic write maskgate/site/door/reply/#\ntopic read maskgate/site/door/command\n")
    acl.chmod(0o644)
    broker = make_broker("allow_anonymous true", f"acl_file {acl}").start()
    assert not echo(connector(broker.port), "maskgate/site/door/reply/commission", b"{}")
    with pytest.raises(BrokerError, match=r"refuses a message on maskgate/site/door/event: not authorized"):
        echo(connector(broker.port), "maskgate/site/door/event", b"{}")


def test_an_echo_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing answers."""
    monkeypatch.setattr(module, "PATIENCE_S", 0.3)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(BrokerError, match="does not acknowledge a message on a/b"),
    ):
        echo(connector(silent.getsockname()[1]), "a/b", b"")
