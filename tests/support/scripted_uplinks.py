"""Uplinks to a broker that answers by a script."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Connector
from edge.spool import Spool
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.retained import RetainedMessage
from edge.uplink.status import StatusPublisher
from edge.uplink.uplink import Uplink, connect_options
from tests.support.builders import event

TOPICS = Topics("site", "door")


class Muted:
    """Records for how long the buzzer was to be silent."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@contextmanager
def uplink_to(
    spool: Spool,
    port: int,
    policy: InboundPolicy | None = None,
    mute: Muted | None = None,
    keepalive: int = 30,
    retained: tuple[RetainedMessage, ...] = (),
) -> Iterator[Uplink]:
    connector = Connector(Broker("127.0.0.1", port, keepalive=keepalive), connect_options(TOPICS))
    inbound = InboundHandler(spool, TOPICS, policy or InboundPolicy(), mute or Muted())
    status = StatusPublisher(spool, TOPICS)
    for message in retained:
        status.retained_messages.put(message)
    backoff = Backoff(first=0.05, longest=0.5)
    uplink = Uplink(spool, connector, TOPICS, backoff=backoff, inbound=inbound, status=status)
    uplink.start()
    try:
        yield uplink
    finally:
        uplink.stop()


def append(spool: Spool, first: int, last: int) -> None:
    for number in range(first, last + 1):
        spool.append(event(number))
    spool.flush()
