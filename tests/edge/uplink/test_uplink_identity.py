"""A device that is renamed delivers what it had decided below the name that it had then."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.collector.database import Queries, open_database
from edge.messages.payloads import SCHEMA_FILE, ack_payload, encode
from edge.messages.topics import Topics
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Connector
from edge.spool import Spool
from edge.types import DeviceKey
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.uplink import Uplink, connect_options
from tests.edge.spool.test_spool_identity import GATE, MOVED, NORTH, decide, open_as
from tests.support.collector import CollectorProcess
from tests.support.mosquitto import Mosquitto, wait_until
from tests.support.scripted_broker import OK, Given, Reply, ScriptedBroker


@contextmanager
def uplink_to(spool: Spool, origin: DeviceKey, port: int, *, accept_ack: bool = False) -> Iterator[Uplink]:
    topics = Topics.of(origin)
    inbound = InboundHandler(spool, topics, InboundPolicy(accept_ack=accept_ack), lambda _: None)
    connector = Connector(Broker("127.0.0.1", port), connect_options(topics))
    uplink = Uplink(spool, connector, topics, inbound=inbound)
    uplink.start()
    try:
        yield uplink
    finally:
        uplink.stop()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A spool with three unsent events of `works/gate`, and a gap behind them."""
    file = tmp_path / "spool.db"
    with closing(open_as(file, GATE)) as spool:
        decide(spool, GATE, 4)
        spool.give_up([spool.unsent(-1, 10)[3].position])
        spool.flush()
    return file


@pytest.mark.broker
@pytest.mark.parametrize("later", [NORTH, MOVED])
def test_a_collector_gets_all_events_of_both_names(
    path: Path, broker: Mosquitto, tmp_path: Path, later: DeviceKey
) -> None:
    """None is rejected, and nothing is missing of either name."""
    collector = CollectorProcess(broker.port, tmp_path / "events.db").start()
    with closing(open_as(path, later)) as spool, uplink_to(spool, later, broker.port):
        decide(spool, later, 2)
        collector.wait_for_events(5)
        wait_until(lambda: spool.depth() == 0 and not spool.unsent_gaps(1))
    assert collector.stop() == 0
    with closing(open_database(f"sqlite:///{tmp_path}/events.db", create=False)) as database:
        marks = {one.epoch_key.place: one.mark for one in Queries(database).epoch_statuses()}
        assert {place: mark.contiguous for place, mark in marks.items()} == {GATE: 4, later: 2}
        assert Queries(database).rejected() == 0


def test_messages_of_an_earlier_name_match_the_schema(path: Path) -> None:
    """Topic, site, device and id say the same, in events and gaps."""
    jsonschema = pytest.importorskip("jsonschema_rs")
    definitions = json.loads(SCHEMA_FILE.read_text())["$defs"]
    with (
        closing(open_as(path, NORTH)) as spool,
        ScriptedBroker() as broker,
        uplink_to(spool, NORTH, broker.port),
    ):
        wait_until(
            lambda: len([given for given in list(broker.taken) if given.name in ("event", "gap")]) == 4
        )
    for given in broker.taken:
        if given.name in ("event", "gap"):
            members = json.loads(given.payload)
            assert given.topic == f"maskgate/{members['site']}/{members['device']}/{given.name}"
            assert members["id"].startswith(f"{members['device']}/{members['epoch']}/")
            schema = {**definitions[given.name], "$defs": definitions}
            assert jsonschema.Draft202012Validator(schema).is_valid(members)


def test_a_list_that_forbids_the_earlier_name_holds_up_that_one_only(path: Path) -> None:
    """What is decided now arrives, the state says what is forbidden, and nothing is lost."""

    def policy(given: Given) -> Reply:
        return Reply(0x87) if given.topic.startswith("maskgate/works/gate/") else OK

    with (
        closing(open_as(path, NORTH)) as spool,
        ScriptedBroker(policy) as broker,
        uplink_to(spool, NORTH, broker.port) as uplink,
    ):
        decide(spool, NORTH, 30)
        wait_until(lambda: broker.sequences == list(range(1, 31)))
        wait_until(lambda: spool.depth() == 3)
        assert "maskgate/works/gate/" in uplink.problem
        broker.policy = lambda _given: OK
        wait_until(lambda: spool.depth() == 0, 20.0)


def test_a_list_that_forbids_the_present_name_holds_up_that_one_only(path: Path) -> None:
    """What was decided before the change arrives."""

    def policy(given: Given) -> Reply:
        return Reply(0x87) if given.topic == "maskgate/works/gate-north/event" else OK

    with closing(open_as(path, NORTH)) as spool:
        decide(spool, NORTH, 5)
        with ScriptedBroker(policy) as broker, uplink_to(spool, NORTH, broker.port):
            wait_until(lambda: spool.depth() == 5)
            assert set(broker.sequences) == {1, 2, 3}


def test_consumers_may_acknowledge_under_the_earlier_name(path: Path) -> None:
    """While there is something of it; what they miss is sent again below it."""
    with closing(open_as(path, GATE)) as spool:
        epoch = spool.epoch
    with (
        closing(open_as(path, NORTH)) as spool,
        ScriptedBroker() as broker,
        uplink_to(spool, NORTH, broker.port, accept_ack=True),
    ):
        wait_until(lambda: spool.depth() == 0)
        assert set(broker.subscribed) == {"maskgate/works/gate/ack", "maskgate/works/gate-north/ack"}
        before = len(broker.sequences)
        broker.send("maskgate/works/gate/ack", encode(ack_payload("team", epoch, 1, [(2, 3)])))
        wait_until(lambda: len(broker.sequences) == before + 2)
        again = [given for given in broker.taken if given.name == "event"][-2:]
        assert {given.topic for given in again} == {"maskgate/works/gate/event"}
        wait_until(lambda: [(mark.epoch, mark.contiguous) for mark in spool.marks()] == [(epoch, 1)])


def test_a_device_that_kept_its_name_listens_to_it_alone(path: Path) -> None:
    """Nothing is subscribed to twice."""
    with (
        closing(open_as(path, GATE)) as spool,
        ScriptedBroker() as broker,
        uplink_to(spool, GATE, broker.port, accept_ack=True),
    ):
        wait_until(lambda: broker.subscribed == ["maskgate/works/gate/ack"])
