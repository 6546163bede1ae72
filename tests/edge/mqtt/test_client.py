"""One connection to a real Mosquitto, by the library that makes it."""

from __future__ import annotations

import pytest

from edge.errors import BrokerError
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.client import Connection, connect, subscribe
from edge.mqtt.events import (
    ConnectionAccepted,
    ConnectionEvent,
    ConnectionFailed,
    ConnectionLost,
    MessageReceived,
    PublishAcknowledged,
    SubscriptionAcknowledged,
)
from tests.support.mosquitto import Mosquitto, free_port, wait_until

pytestmark = pytest.mark.broker


def connected(broker: Mosquitto, events: list[ConnectionEvent]) -> Connection:
    connection = connect(Broker("127.0.0.1", broker.port), None, ConnectOptions("me"), events.append)
    wait_until(lambda: bool(events))
    return connection


def test_a_connection_says_what_happens_on_it(broker: Mosquitto) -> None:
    """Accepted, subscribed, published, received, ended: each is an event of its own."""
    events: list[ConnectionEvent] = []
    connection = connected(broker, events)
    assert isinstance(events[0], ConnectionAccepted)
    connection.subscribe(["a/+"])
    wait_until(lambda: SubscriptionAcknowledged((1,)) in events)
    mid = connection.publish("a/b", b"text")
    wait_until(lambda: any(isinstance(one, MessageReceived) for one in events))
    wait_until(lambda: any(isinstance(one, PublishAcknowledged) for one in events))
    (received,) = [one for one in events if isinstance(one, MessageReceived)]
    assert (received.topic, received.payload, received.qos, received.retained) == ("a/b", b"text", 1, False)
    assert [one.mid for one in events if isinstance(one, PublishAcknowledged)] == [mid]
    connection.close(10)
    assert isinstance(events[-1], ConnectionLost)
    assert not connection.alive


def test_nothing_is_published_without_a_connection(broker: Mosquitto) -> None:
    """It is an error, and not kept for later."""
    connection = connected(broker, [])
    connection.close(10)
    with pytest.raises(BrokerError, match="is gone"):
        connection.publish("a/b", b"text")


def test_a_connection_that_cannot_be_made_gives_the_reason() -> None:
    """The system's own error."""
    events: list[ConnectionEvent] = []
    connection = connect(Broker("127.0.0.1", free_port()), None, ConnectOptions("me"), events.append)
    wait_until(lambda: bool(events))
    connection.close(10)
    assert isinstance(events[0], ConnectionFailed)
    assert isinstance(events[0].error, ConnectionRefusedError)


def test_a_subscriber_gets_what_others_publish(broker: Mosquitto) -> None:
    """As topic and payload, while its context lasts."""
    received: list[tuple[str, bytes]] = []
    with subscribe("127.0.0.1", broker.port, "a/#", lambda *message: received.append(message)):
        connection = connected(broker, [])
        connection.publish("a/b", b"1")
        wait_until(lambda: received == [("a/b", b"1")])
        connection.close(10)
