"""Connections that end, hang, or are never made."""

from __future__ import annotations

import signal
import socket
import threading

import pytest

from edge.mqtt.broker import Broker
from edge.spool import Spool
from edge.uplink.uplink import connect_options
from tests.conftest import MakeBroker
from tests.support.fakes import BreakableConnector
from tests.support.mosquitto import Mosquitto, Subscriber, free_port, wait_until
from tests.support.uplinks import TOPICS, append, local, uplink_to

pytestmark = pytest.mark.broker


def test_a_broker_that_is_away_is_one_sentence(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    """However often the connection fails, the log says once where, why and what to do."""
    port = free_port()
    with uplink_to(spool, Broker("127.0.0.1", port)) as uplink:
        wait_until(lambda: uplink.attempts > 5)
    (record,) = [r for r in caplog.records if r.name == "edge.uplink.uplink"]
    assert record.message == (
        f"the MQTT broker at 127.0.0.1:{port} cannot be reached: Connection refused; "
        "check that it runs, and mqtt.host and mqtt.port"
    )


def test_a_port_that_speaks_something_else_is_pointed_out(spool: Spool) -> None:
    """Who hangs up without an answer is probably no MQTT broker, or one that wants TLS."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_hang_up_on_all, args=(server,), daemon=True).start()
        with uplink_to(spool, Broker("127.0.0.1", server.getsockname()[1])) as uplink:
            wait_until(lambda: "check that mqtt.port" in uplink.problem)


def _hang_up_on_all(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        connection.recv(1)
        connection.close()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_network_thread_is_replaced(spool: Spool, broker: Mosquitto) -> None:
    """After an exception has ended paho's thread, a new connection is made and events flow."""
    connector = BreakableConnector(local(broker), connect_options(TOPICS))
    with Subscriber(broker.port) as subscriber, uplink_to(spool, connector) as uplink:
        wait_until(lambda: uplink.connected)
        connector.break_next = True
        append(spool, 1, 10)
        subscriber.wait_for_events(10)
        wait_until(lambda: spool.depth() == 0)
        assert uplink.attempts == 2


def test_a_frozen_broker_is_noticed(spool: Spool, make_broker: MakeBroker) -> None:
    """A broker that holds connections open and answers nothing is given up; later events flow again."""
    broker = make_broker().start()
    where = Broker("127.0.0.1", broker.port, keepalive=2)
    with Subscriber(broker.port) as subscriber, uplink_to(spool, where) as uplink:
        wait_until(lambda: uplink.connected)
        broker.signal(signal.SIGSTOP)
        append(spool, 1, 5)
        wait_until(lambda: not uplink.connected)
        broker.signal(signal.SIGCONT)
        subscriber.wait_for_events(5)
