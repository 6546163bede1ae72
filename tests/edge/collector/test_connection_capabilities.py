"""What a collector does without where its broker denies it."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from edge.collector.acks import Message
from edge.collector.config import OPTION_NAMES
from edge.collector.connection import CollectorConnection, connect_options
from edge.mqtt.broker import Broker
from edge.mqtt.events import ConnectionAccepted, ConnectionLost, SubscriptionAcknowledged
from tests.support import collector_records
from tests.support.collector import collecting
from tests.support.fakes import FakeConnector
from tests.support.mosquitto import wait_until
from tests.support.scripted_broker import ScriptedBroker, Terms

FILTERS = ("$share/team/maskgate/+/+/event", "maskgate/+/+/state")


@pytest.fixture
def connector() -> FakeConnector:
    return FakeConnector(Broker("broker.example", 1883, names=OPTION_NAMES), connect_options("me"))


@pytest.fixture
def connection(connector: FakeConnector) -> Iterator[CollectorConnection]:
    made = CollectorConnection(connector, FILTERS)
    made.connect()
    return made


def accept(connection: CollectorConnection, accepted: ConnectionAccepted) -> None:
    connection.handle(accepted)
    connection.subscribe(())
    connection.handle(SubscriptionAcknowledged((1, 1)))


def test_summaries_are_not_retained_where_nothing_is(
    connection: CollectorConnection, connector: FakeConnector
) -> None:
    """They are published all the same."""
    accept(connection, ConnectionAccepted(20, None, retains=False))
    connection.publish(Message("a", b"", retain=True))
    assert connector.connections[0].published == [("a", b"", False)]


def test_a_message_that_the_broker_would_hang_up_on_is_left_out(
    connection: CollectorConnection, connector: FakeConnector, caplog: pytest.LogCaptureFixture
) -> None:
    """The next one may be smaller."""
    accept(connection, ConnectionAccepted(20, 100))
    connection.publish(Message("a", bytes(100)))
    connection.publish(Message("a", b"b"))
    assert connector.connections[0].published == [("a", b"b", False)]
    assert "at most 100 bytes" in caplog.text


@pytest.mark.parametrize("told", [True, False])
def test_without_shared_subscriptions_each_gets_everything(
    connection: CollectorConnection, connector: FakeConnector, told: bool
) -> None:
    """Whether the broker says so before, or refuses the subscription only."""
    connection.handle(ConnectionAccepted(20, None, shares=not told))
    connection.subscribe(())
    if not told:
        connection.handle(SubscriptionAcknowledged((0x9E, 1)))
        connection.connect()
        connection.handle(ConnectionAccepted(20, None))
        connection.subscribe(())
    assert connector.connections[-1].subscriptions == [
        ("subscribe", ("maskgate/+/+/event", "maskgate/+/+/state"))
    ]


def test_without_wildcards_sites_and_devices_are_to_be_named(
    connection: CollectorConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing else helps."""
    connection.handle(ConnectionAccepted(20, None))
    connection.handle(SubscriptionAcknowledged((0xA2, 0xA2)))
    assert "--site and --device" in caplog.text


def test_a_session_that_does_not_last_is_told(
    connection: CollectorConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """Once; who is away for longer than that misses something."""
    accept(connection, ConnectionAccepted(20, None, session_expiry_s=60))
    assert caplog.text.count("60 s only") == 1


def test_another_collector_of_the_same_name_is_let_live(
    connection: CollectorConnection, caplog: pytest.LogCaptureFixture
) -> None:
    """The waits grow to minutes, also where the broker gives its reason, and the log says it once."""
    waits = []
    for _ in range(10):
        accept(connection, ConnectionAccepted(20, None))
        connection.handle(ConnectionLost(0x8E, "Session taken over", True))
        waits.append(connection.wait(time.monotonic()) or 0.0)
        connection.connect()
    assert waits[-1] > 200
    assert caplog.text.count("--instance") == 1


@pytest.mark.parametrize(
    "terms", [Terms(qos=0), Terms(retains=False), Terms(qos=1, session_expiry_s=0)], ids=str
)
def test_a_collector_stores_what_such_a_broker_brings(file: str, terms: Terms) -> None:
    """It has nothing to acknowledge where the broker sends with QoS 0."""
    with ScriptedBroker(terms=terms) as broker, collecting(broker.port, file) as collector:
        broker.send("maskgate/site/door/event", collector_records.event(1))
        wait_until(lambda: collector.totals.stored == 1)
        wait_until(lambda: any(given.name == "ack" for given in list(broker.given)))
