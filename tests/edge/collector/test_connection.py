"""The broker's answers, and what the collector does about them."""

from __future__ import annotations

import logging
import time

import pytest

from edge.collector.acks import Message
from edge.collector.config import OPTION_NAMES
from edge.collector.connection import CollectorConnection, connect_options
from edge.errors import BrokerError
from edge.mqtt.broker import Broker
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionFailed,
    ConnectionLost,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from tests.support.fakes import FakeConnector

FILTERS = ("maskgate/+/+/event", "maskgate/+/+/gap")
ARRIVED = MessageReceived(7, 1, "maskgate/site/door/event", b"{}", False)


@pytest.fixture
def connector() -> FakeConnector:
    return FakeConnector(Broker("broker.example", 1883, names=OPTION_NAMES), connect_options("me"))


@pytest.fixture
def connection(connector: FakeConnector) -> CollectorConnection:
    made = CollectorConnection(connector, FILTERS)
    made.connect()
    return made


def test_a_refused_subscription_is_named(
    connection: CollectorConnection, connector: FakeConnector, caplog: pytest.LogCaptureFixture
) -> None:
    """The filter stands in the log, and the attempt is repeated later."""
    connection.handle(ConnectionAccepted(20, None))
    connection.handle(SubscriptionAcknowledged((1, 0x87)))
    assert "maskgate/+/+/gap" in caplog.text
    assert connector.connections[0].closed
    assert not connection.ready
    wait = connection.wait(time.monotonic())
    assert wait is not None
    assert wait > 0


def test_what_a_lost_connection_brought_is_not_acknowledged_on_the_next(
    connection: CollectorConnection, connector: FakeConnector
) -> None:
    """Its number would name another message there."""
    connection.acknowledge([(1, ARRIVED)])
    connection.disconnect("gone")
    connection.connect()
    connection.acknowledge([(1, ARRIVED)])
    assert connector.connections[0].acknowledged == [7]
    assert connector.connections[1].acknowledged == []


def test_filters_of_an_earlier_run_are_given_back(
    connection: CollectorConnection, connector: FakeConnector
) -> None:
    """Before the present ones are asked for."""
    connection.subscribe(("old/#",))
    assert connector.connections[0].subscriptions == [("unsubscribe", ("old/#",)), ("subscribe", FILTERS)]


def test_no_more_than_the_broker_takes(connection: CollectorConnection, connector: FakeConnector) -> None:
    """A Receive Maximum of 2 leaves room for 2, and an answer makes room again."""
    assert connection.room == 0
    connection.handle(ConnectionAccepted(2, None))
    connection.handle(SubscriptionAcknowledged((1, 1)))
    assert connection.room == 2
    connection.publish(Message("a", b""))
    connection.publish(Message("b", b""))
    assert connection.room == 0
    connector.connections[-1].answer(0)
    assert connection.room == 1


def test_a_refused_message_is_logged(
    connection: CollectorConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """A broker that does not let the collector acknowledge to devices is in the log once."""
    connection.handle(ConnectionAccepted(20, None))
    connection.handle(PublishAcknowledged(1, 0x87, "Not authorized"))
    connection.handle(PublishAcknowledged(2, 0x87, "Not authorized"))
    assert caplog.text.count("not authorized") == 1


def test_a_dead_network_thread_is_found(connection: CollectorConnection, connector: FakeConnector) -> None:
    """Its connection is given up, and another one made."""
    connector.connections[0].alive = False
    connection.check_thread()
    assert connector.connections[0].closed
    assert connection.wait(time.monotonic()) is not None


def test_sentences_name_options(connection: CollectorConnection, caplog: pytest.LogCaptureFixture) -> None:
    """A collector has no config.toml."""
    caplog.set_level(logging.WARNING)
    connection.handle(ConnectionLost(0x8E, "Session taken over", True))
    assert "mqtt." not in caplog.text
    assert "--" in caplog.text or "collector" in caplog.text


def test_a_host_and_a_port_are_one_option(
    connection: CollectorConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """`--broker` is named once."""
    connection.handle(ConnectionFailed(ConnectionRefusedError(111, "Connection refused")))
    assert caplog.text.count("--broker") == 1


def test_connections_that_do_not_last(
    connection: CollectorConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """Each attempt waits longer than the one before, and the log says what may be behind it."""
    waits = []
    for _ in range(8):
        connection.handle(ConnectionAccepted(20, None))
        connection.handle(SubscriptionAcknowledged((1, 1)))
        connection.handle(ConnectionLost(0x80, "Unspecified error", False))
        waits.append(connection.wait(time.monotonic()) or 0.0)
        connection.connect()
    assert waits[-1] >= 1.9
    assert caplog.text.count("--instance") == 1
    assert len(caplog.records) < 8


def test_a_connection_that_has_lasted_is_made_again_at_once(
    connection: CollectorConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only short connections count together."""
    for _ in range(8):
        connection.handle(ConnectionAccepted(20, None))
        connection.handle(SubscriptionAcknowledged((1, 1)))
        later = time.monotonic() + 60
        monkeypatch.setattr(time, "monotonic", lambda later=later: later)
        connection.handle(ConnectionLost(0x80, "Unspecified error", False))
        assert (connection.wait(later) or 0.0) <= 0.5
        connection.connect()


def test_publishing_without_a_connection_is_an_error(connection: CollectorConnection) -> None:
    """Which ends the attempt."""
    connection.close(0)
    with pytest.raises(BrokerError):
        connection.publish(Message("a", b""))
