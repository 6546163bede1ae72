"""A device for faults: a spool with events under its own epoch, and a sender."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import Broker
from edge.spool import Spool
from edge.types import EventId
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.uplink import Uplink, connect_options
from tests.support.builders import event, limits
from tests.support.fakes import BreakableConnector

TOPICS = Topics("site", "door")


@dataclass(slots=True)
class Device:
    """A spool and its sender. `last` is the highest number that was decided."""

    spool: Spool
    uplink: Uplink
    connector: BreakableConnector
    last: int = 0

    def append(self, count: int) -> None:
        """So many more events."""
        for _ in range(count):
            self.last += 1
            made = event(self.last, number=self.last)
            self.spool.append(replace(made, id=EventId("door", self.spool.epoch, self.last)))

    def decide(self, count: int) -> None:
        """So many more events, committed."""
        self.append(count)
        self.spool.flush()

    @property
    def ids(self) -> set[str]:
        """The ids of all events that were decided."""
        return {f"door/{self.spool.epoch}/{number}" for number in range(1, self.last + 1)}

    def gaps(self) -> set[int]:
        """The numbers that were given up, told already or not."""
        rows = self.spool.ask(lambda writer: writer.store.db.all("SELECT first, last FROM gap"))
        return {number for first, last in rows for number in range(first, last + 1)}


@contextmanager
def device(
    path: Path, port: int, *, keepalive: int = 30, accept_ack: bool = False, backoff: Backoff | None = None
) -> Iterator[Device]:
    """A device that runs while the context lasts, with the waiting times of a real one unless given."""
    bounds = limits(max_events=2_000_000, max_bytes=4 << 30)
    with closing(Spool.open(path, bounds)) as spool:
        inbound = InboundHandler(spool, TOPICS, InboundPolicy(accept_ack=accept_ack), lambda _: None)
        connector = BreakableConnector(
            Broker("127.0.0.1", port, keepalive=keepalive), connect_options(TOPICS)
        )
        uplink = Uplink(spool, connector, TOPICS, backoff=backoff, inbound=inbound)
        uplink.start()
        try:
            yield Device(spool, uplink, connector)
        finally:
            uplink.stop()
