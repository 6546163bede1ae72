"""One connection to a broker, to see whether it takes the client."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

import pytest

from edge.errors import BrokerError
from edge.mqtt import probe as module
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.connector import Connector
from edge.mqtt.probe import probe
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
