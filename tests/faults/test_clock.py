"""A wall clock that jumps: events keep their order and are sent once, and those of a doubtful time say so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from edge.messages.payloads import iso_time
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Connector
from edge.pipeline.events import EventFactory, EventSource
from edge.spool import Spool
from edge.system import clock
from edge.system.clock import DOUBT_S, SyncCheck
from edge.telemetry.minutes import MinuteQueue
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.status import StatusPublisher
from edge.uplink.uplink import Uplink, connect_options
from tests.faults.device import TOPICS
from tests.faults.results import note
from tests.support.builders import limits, verdict
from tests.support.fakes import FakeClock
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until

HOUR_S, YEAR_S = 3_600.0, 365 * 86_400.0
JUMPS = (HOUR_S, -HOUR_S, YEAR_S, -YEAR_S)
RUN = 10
"""Jumps within one run of the program; the events of its last ones wait in the spool for the next run."""

pytestmark = pytest.mark.broker


@pytest.fixture
def disciplined(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel says that the clock is set, whatever happens to it."""
    monkeypatch.setattr(clock, "kernel_synced", lambda: True)


@contextmanager
def sending(spool: Spool, port: int, times: FakeClock) -> Iterator[None]:
    """A sender that goes by a clock, for as long as the context lasts."""
    inbound = InboundHandler(spool, TOPICS, InboundPolicy(accept_ack=True), lambda _: None, times.wall)
    status = StatusPublisher(spool, TOPICS, MinuteQueue(), times.wall)
    connector = Connector(Broker("127.0.0.1", port), connect_options(TOPICS))
    uplink = Uplink(spool, connector, TOPICS, inbound=inbound, status=status)
    uplink.start()
    try:
        # What is decided before goes out beside what is decided later, not before it.
        wait_until(lambda: uplink.connected)
        yield
    finally:
        uplink.stop()


class Decider:
    """Decides events, and remembers what must be told of them."""

    def __init__(self, times: FakeClock) -> None:
        self.told: list[tuple[int, str, float, bool]] = []
        self._times = times
        self._synced = SyncCheck(times)

    def decide(self, spool: Spool, *, synced: bool) -> None:
        """One event, of a moment whose wall time is to be believed or not."""
        times = self._times
        times.now += 1.0
        factory = EventFactory(
            EventSource("door", spool.epoch, str(spool.run), "1.0"), len(self.told), self._synced
        )
        event = factory.make(replace(verdict(), monotonic=times.now, wall=times.wall()))
        spool.append(event)
        self.told.append((event.id.sequence, iso_time(times.wall()), times.now, synced))


def jump_often(directory: Path, broker: Mosquitto, jumps: int) -> None:
    """Each jump is followed by an event at once and by one after the time of doubt."""
    times, chance = FakeClock(), Random(1)
    decider = Decider(times)
    with Subscriber(broker.port) as subscriber:
        for _ in range(jumps // RUN):
            with closing(Spool.open(directory / "spool.db", limits(), wall=times.wall)) as spool:
                with sending(spool, broker.port, times):
                    # What the last run left goes out before anything is new.
                    subscriber.wait_for_events(len(decider.told))
                    jump_for_a_run(decider, times, spool, chance, RUN - 2)
                    subscriber.wait_for_events(len(decider.told))
                jump_for_a_run(decider, times, spool, chance, 2)
        with closing(Spool.open(directory / "spool.db", limits(), wall=times.wall)) as spool:
            with sending(spool, broker.port, times):
                subscriber.wait_for_events(len(decider.told))
            told = [message.json() for message in subscriber.named("event")]
    found = [(one["sequence"], one["wall_time"], one["monotonic_time"], one["clock_synced"]) for one in told]
    right = sum(a == b for a, b in zip(found, decider.told, strict=False))
    note("clock jumps by an hour or a year", jumps, events=len(found), in_order_and_flagged_right=right)
    assert found == decider.told


def jump_for_a_run(decider: Decider, times: FakeClock, spool: Spool, chance: Random, jumps: int) -> None:
    """So many jumps, each back or forth by an hour or a year."""
    for _ in range(jumps):
        decider.decide(spool, synced=True)
        times.offset += chance.choice(JUMPS)
        decider.decide(spool, synced=False)
        times.now += DOUBT_S
        decider.decide(spool, synced=True)
        spool.flush()


@pytest.mark.usefixtures("disciplined")
def test_a_clock_that_jumps(tmp_path: Path, broker: Mosquitto) -> None:
    """Ten jumps by an hour or a year, back and forth, within a run and between two."""
    jump_often(tmp_path, broker, RUN)


@pytest.mark.faults
@pytest.mark.usefixtures("disciplined")
def test_a_clock_that_jumps_100_times(tmp_path: Path, broker: Mosquitto) -> None:
    """A hundred."""
    jump_often(tmp_path, broker, 100)
