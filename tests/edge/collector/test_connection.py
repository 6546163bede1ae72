"""What the broker says, and what the collector makes of it."""

from __future__ import annotations

import logging
import time

import pytest

from edge.collector.acks import Message
from edge.collector.connection import STANDING, CollectorConnection
from edge.errors import BrokerError
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Listener
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionFailed,
    ConnectionLost,
    Deliver,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)

FILTERS = ("maskgate/+/+/event", "maskgate/+/+/gap")
ARRIVED = MessageReceived(7, 1, "maskgate/site/door/event", b"{}", False)


class FakeLink:
    """Records what is asked of a connection."""

    def __init__(self) -> None:
        self.alive = True
        self.closed = False
        self.asked: list[tuple[str, object]] = []

    def subscribe(self, filters: object) -> None:
        self.asked.append(("subscribe", filters))

    def unsubscribe(self, filters: object) -> None:
        self.asked.append(("unsubscribe", filters))

    def acknowledge(self, arrived: MessageReceived) -> None:
        self.asked.append(("acknowledge", arrived.mid))

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> int:
        self.asked.append(("publish", topic))
        return 1

    def close(self, timeout: float = 0.0) -> None:
        self.closed = True


class FakeListener(Listener):
    """Hands out links that go nowhere."""

    def __init__(self) -> None:
        super().__init__(Broker("broker.example", 1883), "me", STANDING)
        self.links: list[FakeLink] = []

    def connect(self, deliver: Deliver) -> FakeLink:  # type: ignore[override]
        self.links.append(FakeLink())
        return self.links[-1]


@pytest.fixture
def connector() -> FakeListener:
    return FakeListener()


@pytest.fixture
def connection(connector: FakeListener) -> CollectorConnection:
    made = CollectorConnection(connector, FILTERS)
    made.connect()
    return made


def test_a_refused_subscription_is_named(
    connection: CollectorConnection, connector: FakeListener, caplog: pytest.LogCaptureFixture
) -> None:
    """The filter stands in the log, and the attempt is repeated later."""
    connection.handle(ConnectionAccepted(20, None))
    connection.handle(SubscriptionAcknowledged((1, 0x87)))
    assert "maskgate/+/+/gap" in caplog.text
    assert connector.links[0].closed
    assert not connection.ready
    wait = connection.wait(time.monotonic())
    assert wait is not None
    assert wait > 0


def test_what_a_lost_connection_brought_is_not_acknowledged_on_the_next(
    connection: CollectorConnection, connector: FakeListener
) -> None:
    """Its number would name another message there."""
    connection.acknowledge(1, ARRIVED)
    connection.hang_up("gone")
    connection.connect()
    connection.acknowledge(1, ARRIVED)
    assert connector.links[0].asked == [("acknowledge", 7)]
    assert connector.links[1].asked == []


def test_filters_of_an_earlier_run_are_given_back(
    connection: CollectorConnection, connector: FakeListener
) -> None:
    """Before the present ones are asked for."""
    connection.subscribe(("old/#",))
    assert connector.links[0].asked == [("unsubscribe", ("old/#",)), ("subscribe", FILTERS)]


def test_no_more_than_the_broker_takes(connection: CollectorConnection) -> None:
    """A Receive Maximum of 2 leaves room for 2, and an answer makes room again."""
    assert connection.room == 0
    connection.handle(ConnectionAccepted(2, None))
    connection.handle(SubscriptionAcknowledged((1, 1)))
    assert connection.room == 2
    connection.publish(Message("a", b""))
    connection.publish(Message("b", b""))
    assert connection.room == 0
    connection.handle(PublishAcknowledged(1, 0, "Success"))
    assert connection.room == 1


def test_a_refused_message_is_told(connection: CollectorConnection, caplog: pytest.LogCaptureFixture) -> None:
    """A broker that lets the collector say nothing to devices says so once."""
    connection.handle(ConnectionAccepted(20, None))
    connection.handle(PublishAcknowledged(1, 0x87, "Not authorized"))
    connection.handle(PublishAcknowledged(2, 0x87, "Not authorized"))
    assert caplog.text.count("not authorized") == 1


def test_a_dead_network_thread_is_found(connection: CollectorConnection, connector: FakeListener) -> None:
    """Its connection is given up, and another one made."""
    connector.links[0].alive = False
    connection.look()
    assert connector.links[0].closed
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
    """Only those that were short count as one trouble."""
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
