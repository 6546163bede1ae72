"""From a real Mosquitto into the database."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from edge.cli.log import FEW
from edge.collector.completeness import Completeness
from edge.collector.records import EpochKey
from edge.config import Config
from edge.daemon.uplink_factory import open_uplink
from edge.messages.topics import Topics
from edge.mqtt.broker import PersistentSession
from edge.spool import Spool
from edge.types import Lamp, Outcome, State
from edge.uplink.uplink import Uplink
from tests.conftest import MakeBroker
from tests.support import collector_records
from tests.support.builders import limits
from tests.support.collector import FakeDevice, collecting, event_count, event_ids, ids
from tests.support.collector_records import DOOR, made
from tests.support.collectors import Start, mark, path, process, url
from tests.support.mosquitto import DURABLE, Mosquitto, wait_until
from tests.support.postgres import Postgres

__all__ = ["path", "process", "url"]


pytestmark = pytest.mark.broker


LIMIT = 1_000
PATIENT = ("max_queued_messages 0",)
"""A broker that is not killed need not save; saving at every change takes it longer the more waits."""


def test_events_are_stored_once_in_order(broker: Mosquitto, path: Path, url: str) -> None:
    """Repeated, mixed and with an announced gap: each event is there once, and the mark is the last."""
    events = made(300)
    sent = [event for event in events if event.id.sequence not in (100, 101)]
    mixed = sent + random.Random(1).sample(sent, 100)
    random.Random(2).shuffle(mixed)
    with collecting(broker.port, url) as collector, FakeDevice(broker.port) as device:
        device.publish(mixed)
        device.send("gap", collector_records.gap(1, 100, 101))
        device.wait_for_mark(300)
        assert collector.totals.stored == 298
        assert collector.totals.known == 100
    assert event_ids(path) == ids(sent)
    assert mark(url) == Completeness(300, 300, ())


def test_devices_with_a_prefix_of_their_own_are_collected(broker: Mosquitto, path: Path, url: str) -> None:
    """Their events are stored and acknowledged; those below another prefix are nobody's."""
    topics = Topics("site", "door", "works/doors")
    with (
        collecting(broker.port, url, prefix="works/doors") as collector,
        FakeDevice(broker.port, topics) as device,
        FakeDevice(broker.port) as stranger,
    ):
        stranger.publish(made(5)[3:])
        device.publish(made(3))
        device.wait_for_mark(3)
        assert collector.totals.rejected == 0
    assert event_ids(path) == ids(made(3))


def test_a_bad_message_is_kept_apart(broker: Mosquitto, path: Path, url: str) -> None:
    """It is counted with its reason, and what follows is stored."""
    with collecting(broker.port, url) as collector, FakeDevice(broker.port) as device:
        device.send("event", b"{")
        device.send("event", collector_records.event(1, verdict="maybe"))
        device.send("availability", b"perhaps")
        device.publish(made(3))
        device.wait_for_mark(3)
        assert collector.totals.rejected == 3
    with closing(sqlite3.connect(path)) as opened:
        reasons = [row[0] for row in opened.execute("SELECT reason FROM rejected ORDER BY id")]
    assert [("JSON" in reasons[0]), ("maybe" in reasons[1]), ("bare word" in reasons[2])] == [True] * 3
    assert event_count(path) == 3


def test_bad_messages_do_not_fill_its_log(broker: Mosquitto, process: Start) -> None:
    """The first warnings of a kind are there, each in one line, and then a count."""
    collector = process(broker.port).start()
    with FakeDevice(broker.port) as device:
        for verdict in (Outcome.COMPLIANT, Outcome.NO_MASK):
            device.publish(
                replace(
                    one, id=replace(one.id, epoch=f"e{number}"), verdict=replace(one.verdict, outcome=verdict)
                )
                for number in range(60)
                for one in made(1)
            )
    wait_until(lambda: collector.log.count("not what is stored") == FEW)
    collector.stop()
    assert len(collector.log.splitlines()) == FEW + 2
    assert f"{60 - FEW} more like this were left out: site/door: " in collector.log


def test_nothing_is_lost_while_it_is_away(make_broker: MakeBroker, path: Path, process: Start) -> None:
    """3,000 events wait in its session and are all stored, once, after its return."""
    broker = make_broker(*PATIENT).start()
    process(broker.port).start().stop()
    events = made(3000)
    with FakeDevice(broker.port) as device:
        device.publish(events)
        collector = process(broker.port).start()
        collector.wait_for_events(3000)
        device.wait_for_mark(3000)
    assert collector.stop() == 0
    assert event_ids(path) == ids(events)


def test_a_kill_in_mid_flow_loses_and_doubles_nothing(
    make_broker: MakeBroker, path: Path, process: Start
) -> None:
    """What was not committed was not acknowledged, and comes again."""
    broker = make_broker(*PATIENT).start()
    collector = process(broker.port).start()
    events = made(1500)
    with FakeDevice(broker.port) as device:
        for cycle in range(3):
            device.publish(events[cycle * 500 : cycle * 500 + 400])
            collector.wait_for_events(cycle * 500 + 50)
            collector.kill()
            device.publish(events[cycle * 500 + 400 : cycle * 500 + 500])
            collector.start()
        collector.wait_for_events(1500)
    assert collector.stop() == 0
    assert event_ids(path) == ids(events)


def test_a_locked_database_holds_the_flow_and_loses_nothing(
    make_broker: MakeBroker, path: Path, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While it cannot be written nothing is acknowledged; afterwards everything is stored."""
    monkeypatch.setattr("edge.collector.database.engine.LOCK_S", 0.1)
    monkeypatch.setattr("edge.collector.connection.SESSION", PersistentSession(3_600, LIMIT))
    broker = make_broker(*PATIENT).start()
    with collecting(broker.port, url) as collector, FakeDevice(broker.port) as device:
        device.publish(made(5))
        device.wait_for_mark(5)
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            device.publish(made(LIMIT + 500)[5:])
            wait_until(lambda: collector.waiting >= LIMIT)
            # The broker waits for acknowledgements: no more than it may send comes, and nothing piles up.
            assert collector.waiting == LIMIT
            assert collector.totals.stored == 5
        device.wait_for_mark(LIMIT + 500)
    assert event_ids(path) == ids(made(LIMIT + 500))


def test_a_process_killed_while_the_database_is_locked(
    make_broker: MakeBroker, path: Path, process: Start
) -> None:
    """Nothing that it held was acknowledged: the next one gets all of it."""
    broker = make_broker(*PATIENT).start()
    collector = process(broker.port).start()
    with FakeDevice(broker.port) as device:
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            device.publish(made(100))
            wait_until(lambda: "locked" in collector.log)
            collector.kill()
        assert event_count(path) == 0
        collector.start()
        collector.wait_for_events(100)
    collector.stop()
    assert event_ids(path) == ids(made(100))


def test_a_broker_that_is_killed_and_returns(make_broker: MakeBroker, path: Path, url: str) -> None:
    """The collector connects again by itself and goes on."""
    broker = make_broker(*DURABLE).start()
    with collecting(broker.port, url) as collector:
        with FakeDevice(broker.port) as device:
            device.publish(made(20))
            device.wait_for_mark(20)
        broker.kill()
        wait_until(lambda: not collector.connection.ready)
        broker.start()
        wait_until(lambda: collector.connection.ready)
        with FakeDevice(broker.port) as device:
            device.publish(made(40)[20:])
            device.wait_for_mark(40)
    assert event_ids(path) == ids(made(40))


def test_two_collectors_on_one_file_store_each_event_once(broker: Mosquitto, path: Path, url: str) -> None:
    """Both hear everything; the unique key keeps one of each."""
    with (
        collecting(broker.port, url, instance="one") as one,
        collecting(broker.port, url, instance="two") as two,
        FakeDevice(broker.port) as device,
    ):
        device.publish(made(500))
        wait_until(lambda: one.totals.known + two.totals.known == 500)
        assert one.totals.stored + two.totals.stored == 500
        device.wait_for_mark(500)
    assert event_ids(path) == ids(made(500))


def test_two_collectors_of_a_group_divide_the_events(
    make_broker: MakeBroker, path: Path, process: Start
) -> None:
    """With a shared subscription each process gets a part, and the marks are those of the whole."""
    broker = make_broker(*PATIENT).start()
    one = process(broker.port, "--share", "team", "--instance", "one").start()
    two = process(broker.port, "--share", "team", "--instance", "two").start()
    with FakeDevice(broker.port) as device:
        device.publish(made(600))
        device.wait_for_mark(600)
    two.stop()
    one.stop()
    assert event_ids(path) == ids(made(600))


def test_postgresql_takes_it_too(broker: Mosquitto, postgres: Postgres) -> None:
    """A server that goes away and comes back costs nothing either."""
    url = postgres.make("service")
    with collecting(broker.port, url) as collector, FakeDevice(broker.port) as device:
        device.publish(made(50))
        device.wait_for_mark(50)
        postgres.stop()
        device.publish(made(100)[50:])
        wait_until(lambda: collector.waiting == 50)
        postgres.start()
        device.wait_for_mark(100)
        assert collector.totals.stored == 100
    assert mark(url) == Completeness(100, 100, ())


def test_presence_and_blindness_are_kept(broker: Mosquitto, path: Path, url: str) -> None:
    """Retained words count from when they are heard; each change is a period."""
    with FakeDevice(broker.port) as device:
        device.send("availability", b"online", retain=True)
        with collecting(broker.port, url):
            device.send("state", collector_records.state(blind=False), retain=True)
            device.send(
                "state", collector_records.state(blind=True, since=collector_records.NOON + 60), retain=True
            )
            device.send("availability", b"offline", retain=True)
            device.publish(made(1))
            device.wait_for_mark(1)
    with closing(sqlite3.connect(path)) as opened:
        kinds = [row[0] for row in opened.execute("SELECT kind FROM period ORDER BY id")]
    assert kinds == ["online", "seeing", "blind", "offline"]


def test_a_subscription_of_an_earlier_run_is_given_back(
    broker: Mosquitto, path: Path, process: Start
) -> None:
    """A collector that was for all devices, and now is for one, no longer hears the others."""
    process(broker.port).start().stop()
    collector = process(broker.port, "--device", "gate").start()
    with FakeDevice(broker.port) as door, FakeDevice(broker.port, Topics("site", "gate")) as gate:
        door.publish(made(5))
        gate.publish(made(5, device="gate"))
        gate.wait_for_mark(5)
    collector.stop()
    assert event_ids(path) == ids(made(5, device="gate"))


@contextmanager
def device(spool: Spool, port: int) -> Iterator[Uplink]:
    """A device's own sender, which listens to consumers."""
    mqtt = {"host": "127.0.0.1", "port": port, "accept_ack": True}
    config = Config.model_validate({"device": {"site": "site", "name": "door"}, "mqtt": mqtt})
    uplink = open_uplink(config, spool)
    uplink.start()
    try:
        yield uplink
    finally:
        uplink.stop()


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db", limits())) as opened:
        yield opened


def test_what_a_device_really_sends_is_understood(
    broker: Mosquitto, path: Path, url: str, spool: Spool
) -> None:
    """Events out of a spool, presence and state through the uplink: all of it is stored, nothing rejected."""
    with collecting(broker.port, url) as collector:
        with device(spool, broker.port):
            spool.set_state(State(Lamp.GREEN, False, "", "1.0", collector_records.NOON))
            for event in made(100, epoch=spool.epoch):
                spool.append(event)
            wait_until(lambda: collector.totals.stored == 100)
            wait_until(lambda: periods(path) == {("presence", "online"), ("sight", "seeing")})
        wait_until(lambda: ("presence", "offline") in periods(path))
        assert collector.totals.rejected == 0


def test_a_device_sends_again_what_the_broker_took_and_nobody_got(
    broker: Mosquitto, path: Path, url: str, spool: Spool
) -> None:
    """Events that the broker acknowledged before anybody was there are asked for, and come."""
    events = made(60, epoch=spool.epoch)
    with device(spool, broker.port):
        for event in events[:50]:
            spool.append(event)
        wait_until(lambda: spool.depth() == 0)
        with collecting(broker.port, url, missing_after_s=0.3) as collector:
            for event in events[50:]:
                spool.append(event)
            wait_until(lambda: collector.totals.stored == 60)
    assert event_ids(path) == ids(events)
    assert mark(url, EpochKey(DOOR, spool.epoch)) == Completeness(60, 60, ())


def periods(path: Path) -> set[tuple[str, str]]:
    """Which tracks and kinds of periods there are."""
    with closing(sqlite3.connect(path, timeout=10)) as opened:
        return set(opened.execute("SELECT track, kind FROM period"))
