"""Brokers that deny something, and brokers with another client of the same name: the device goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from edge.messages.topics import Topics
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Connector
from edge.spool import Spool
from edge.uplink.uplink import Uplink, connect_options
from tests.support import builders
from tests.support.builders import limits
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until
from tests.support.scripted_broker import ScriptedBroker, Terms

TOPICS = Topics("site", "door")


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    """A spool with three events."""
    with closing(Spool.open(tmp_path / "spool.db", limits())) as opened:
        for sequence in range(1, 4):
            opened.append(builders.event(sequence))
        opened.flush()
        yield opened


@contextmanager
def uplink_to(spool: Spool, port: int) -> Iterator[Uplink]:
    uplink = Uplink(spool, Connector(Broker("127.0.0.1", port, keepalive=2), connect_options(TOPICS)), TOPICS)
    uplink.start()
    try:
        yield uplink
    finally:
        uplink.stop()


@pytest.mark.parametrize(
    "terms",
    [
        Terms(retains=False),
        Terms(qos=1),
        Terms(qos=0),
        Terms(retains=False, qos=0),
        Terms(wildcards=False, shares=False),
        Terms(session_expiry_s=0),
        Terms(keep_alive_s=1),
        Terms(receive_maximum=1),
        Terms(largest=900),
    ],
    ids=str,
)
def test_what_a_broker_denies_is_done_without(spool: Spool, terms: Terms) -> None:
    """Whatever it refuses a connection for is left out of the next, and all events arrive."""
    with ScriptedBroker(terms=terms) as broker, uplink_to(spool, broker.port) as uplink:
        wait_until(lambda: spool.depth() == 0)
        # With QoS 0 nobody says when the broker has them.
        wait_until(lambda: broker.sequences == [1, 2, 3])
        assert uplink.problem == ""
        assert broker.connections <= 3
        last = broker.connects[-1]
        assert (last.will, last.will_retained, last.will_qos) == (True, terms.retains, min(terms.qos, 1))


def test_what_a_broker_cannot_do_is_told_once(spool: Spool, caplog: pytest.LogCaptureFixture) -> None:
    """A sentence for each, and none of a refusal, however often the device connects."""
    with ScriptedBroker(terms=Terms(retains=False, qos=0)) as broker, uplink_to(spool, broker.port) as uplink:
        wait_until(lambda: spool.depth() == 0)
        broker.hang_up()
        attempts = uplink.attempts
        wait_until(lambda: uplink.attempts > attempts and uplink.connected)
    assert caplog.text.count("keeps no retained messages") == 1
    assert caplog.text.count("takes QoS 0 only") == 1
    assert "refuses the connection" not in caplog.text


def test_a_broker_that_learns_to_retain_is_asked_to(spool: Spool) -> None:
    """Its owner changed its settings: `offline` is retained from the next connection on."""
    terms = Terms(retains=False)
    with ScriptedBroker(terms=terms) as broker, uplink_to(spool, broker.port) as uplink:
        wait_until(lambda: spool.depth() == 0)
        terms.retains = True
        for _ in range(2):
            attempts = uplink.attempts
            broker.hang_up()
            # Only what the device has read of a connection can change the next one.
            wait_until(lambda before=attempts: uplink.attempts > before and uplink.connected)  # type: ignore[misc]
        wait_until(lambda: broker.connects[-1].will_retained)


@pytest.mark.broker
@pytest.mark.parametrize("line", ["retain_available false", "max_qos 1", "max_qos 0", "max_keepalive 10"])
def test_a_mosquitto_that_denies_something_gets_all_events(
    spool: Spool, make_broker: Callable[..., Mosquitto], line: str
) -> None:
    """As the scripted broker does."""
    place = ("allow_anonymous true",) if line.startswith("max_qos") else ()
    broker = make_broker(*((line, *place) if place else (line,))).start()
    with Subscriber(broker.port) as subscriber, uplink_to(spool, broker.port):
        subscriber.wait_for_events(3)
        wait_until(lambda: spool.depth() == 0)


@pytest.mark.parametrize("code", [0x8E, 0])
def test_two_devices_with_one_name_try_ever_more_slowly(
    tmp_path: Path, code: int, caplog: pytest.LogCaptureFixture
) -> None:
    """With or without a reason code each says once that another client has its name."""
    with ScriptedBroker(terms=Terms(takeover=code)) as broker, ExitStack() as stack:
        for name in ("one", "two"):
            spool = stack.enter_context(closing(Spool.open(tmp_path / f"{name}.db", limits())))
            stack.enter_context(uplink_to(spool, broker.port))
        time.sleep(8.0)
        assert broker.connections <= 14
        said = [line for line in caplog.messages if "give every device its own device.name" in line]
        assert 1 <= len(said) <= 2
        assert len([line for line in caplog.messages if "trying again" in line]) <= 6


def test_a_short_connection_now_and_then_is_no_other_client(
    spool: Spool, caplog: pytest.LogCaptureFixture
) -> None:
    """Two in a row are made anew at once."""
    with ScriptedBroker() as broker, uplink_to(spool, broker.port) as uplink:
        for _ in range(2):
            wait_until(lambda: uplink.connected)
            attempts = uplink.attempts
            broker.hang_up()
            wait_until(lambda before=attempts: uplink.attempts > before, 2.0)  # type: ignore[misc]
        wait_until(lambda: spool.depth() == 0)
    assert "identifier" not in caplog.text
