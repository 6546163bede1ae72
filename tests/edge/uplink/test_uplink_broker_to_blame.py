"""A broker that takes no event at all: none is given up, and the state says why."""

from __future__ import annotations

import pytest

from edge.messages.payloads import encode, event_payload
from edge.mqtt.properties import packet_size
from edge.spool import Spool
from edge.types import Lamp, State
from tests.support.builders import event
from tests.support.mosquitto import wait_until
from tests.support.scripted_broker import OK, Given, Reply, ScriptedBroker, Terms, parse
from tests.support.scripted_uplinks import append, uplink_to

EVENTS = 2_000
RED = State(Lamp.RED, False, "", "1.0", 1_700_000_000.0)


def gaps(spool: Spool) -> int:
    return len(spool.ask(lambda writer: writer.store.db.all("SELECT first FROM gap")))


def told(broker: ScriptedBroker) -> str:
    """What the state that came last says of sending."""
    states = [parse(given.payload) for given in broker.taken if given.name == "state"]
    return str(states[-1]["send_problem"]) if states else ""


def test_a_small_maximum_packet_size_empties_no_backlog(spool: Spool) -> None:
    """Every event is larger than the broker takes: all are kept, and go to a broker that takes them."""
    append(spool, 1, EVENTS)
    spool.set_state(RED)
    too_small = packet_size("maskgate/site/door/event", encode(event_payload(event(1)))) - 1
    with ScriptedBroker(terms=Terms(largest=too_small)) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: "Maximum Packet Size" in told(broker))
        assert broker.sequences == []
    assert spool.depth() == EVENTS
    assert gaps(spool) == 0
    with ScriptedBroker() as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0)
    assert gaps(spool) == 0


@pytest.mark.parametrize("reply", [Reply(0x90), Reply(0x95), Reply(0x99), Reply(0x95, hang_up=True)])
def test_what_is_answered_to_all_costs_no_event(spool: Spool, reply: Reply) -> None:
    """A refusal of every event, or an end at every event, is the broker's fault; mended, it gets them all."""
    mended: list[bool] = []

    def policy(given: Given) -> Reply:
        return reply if given.name == "event" and not mended else OK

    append(spool, 1, 60)
    spool.set_state(RED)
    with ScriptedBroker(policy) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: told(broker) != "")
        assert spool.depth() == 60
        mended.append(True)
        wait_until(lambda: spool.depth() == 0)
        wait_until(lambda: told(broker) == "")
        assert set(broker.sequences) == set(range(1, 61))
    assert gaps(spool) == 0
