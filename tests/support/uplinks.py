"""Uplinks from a spool to a broker."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Connector
from edge.spool import Spool
from edge.uplink.uplink import Uplink, connect_options
from tests.support.builders import event
from tests.support.mosquitto import Mosquitto

TOPICS = Topics("site", "door")


def connector_to(where: Broker) -> Connector:
    return Connector(where, connect_options(TOPICS))


@contextmanager
def uplink_to(spool: Spool, where: Broker | Connector) -> Iterator[Uplink]:
    """A running uplink that does not wait long between attempts."""
    connector = where if isinstance(where, Connector) else connector_to(where)
    uplink = Uplink(spool, connector, TOPICS, backoff=Backoff(first=0.05, longest=0.5))
    uplink.start()
    try:
        yield uplink
    finally:
        uplink.stop()


def local(broker: Mosquitto) -> Broker:
    return Broker("127.0.0.1", broker.port)


def append_without_waiting(spool: Spool, first: int, last: int) -> None:
    for number in range(first, last + 1):
        spool.append(event(number))


def append(spool: Spool, first: int, last: int) -> None:
    append_without_waiting(spool, first, last)
    spool.flush()


def ids(first: int, last: int) -> list[str]:
    return [f"door/e1/{number}" for number in range(first, last + 1)]
