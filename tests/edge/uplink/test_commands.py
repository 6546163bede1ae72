"""Acknowledgements of consumers, and commands, through a broker that answers by a script."""

from __future__ import annotations

import pytest

from edge.messages.payloads import ack_payload, encode
from edge.messages.topics import Topics
from edge.spool import ConsumerMark, Spool
from edge.uplink.commands import InboundPolicy
from tests.support.mosquitto import wait_until
from tests.support.scripted_broker import ScriptedBroker
from tests.support.scripted_uplinks import Muted, append, uplink_to

TOPICS = Topics("site", "door")


BOTH = frozenset({"mute", "replay"})


MUTE = b'{"command":"mute","seconds":60}'


def listening(**changes: object) -> InboundPolicy:
    values: dict[str, object] = {"accept_ack": True, "ack_wait_s": 30.0, "commands": BOTH, **changes}
    return InboundPolicy(**values)  # type: ignore[arg-type]


def sent_all(spool: Spool, broker: ScriptedBroker, count: int) -> None:
    wait_until(lambda: len(broker.sequences) == count)
    wait_until(lambda: spool.depth() == 0)
    spool.flush()


def test_what_a_consumer_misses_is_sent_again_at_once(spool: Spool) -> None:
    """A range in `missing` goes out once more, under its old numbers; the mark is kept."""
    append(spool, 1, 10)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, listening()):
        sent_all(spool, broker, 10)
        broker.send(TOPICS.ack, encode(ack_payload("team", spool.epoch, 3, [(4, 6)])))
        wait_until(lambda: broker.sequences[10:] == [4, 5, 6])
        (mark,) = spool.marks()
        assert (mark.consumer, mark.epoch, mark.contiguous) == ("team", spool.epoch, 3)


def test_what_lies_beyond_a_mark_is_sent_again_after_a_while(spool: Spool) -> None:
    """Events that were sent long enough ago and are not in a consumer's mark go out once more."""
    append(spool, 1, 10)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, listening(ack_wait_s=0.0)):
        sent_all(spool, broker, 10)
        broker.send(TOPICS.ack, encode(ack_payload("team", spool.epoch, 7)))
        wait_until(lambda: broker.sequences[10:] == [8, 9, 10])


def test_a_reconnect_brings_what_a_broker_forgot(spool: Spool) -> None:
    """After a new connection everything beyond the mark goes out again, however lately it was sent."""
    spool.set_mark(ConsumerMark("team", spool.epoch, 7, 1_700_000_000.0))
    append(spool, 1, 10)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, listening()):
        sent_all(spool, broker, 10)
    spool.flush()
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, listening()):
        wait_until(lambda: broker.sequences == [8, 9, 10])


def test_commands_are_obeyed_where_they_are_allowed(spool: Spool) -> None:
    """Silence for the buzzer, and a replay by number."""
    muted = Muted()
    append(spool, 1, 5)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, listening(), muted):
        sent_all(spool, broker, 5)
        broker.send(TOPICS.command, MUTE)
        broker.send(TOPICS.command, b'{"command":"replay","from":2,"to":3}')
        wait_until(lambda: broker.sequences[5:] == [2, 3])
        assert muted.seconds == [60]


@pytest.mark.parametrize(
    ("policy", "topic", "payload", "retain"),
    [
        (InboundPolicy(), TOPICS.command, MUTE, False),
        (InboundPolicy(), TOPICS.ack, b'{"consumer":"a","epoch":"e1","contiguous":1}', False),
        (listening(), TOPICS.command, MUTE, True),
        (listening(), TOPICS.ack, b'{"consumer":"a","epoch":"e1","contiguous":1}', True),
        (listening(), TOPICS.command, b'{"command":"reboot"}', False),
        (listening(), TOPICS.command, b"\xff\xfe", False),
        (listening(), TOPICS.ack, b'{"consumer":"a b","epoch":"e1","contiguous":1}', False),
        (
            listening(commands=frozenset({"replay"})),
            TOPICS.command,
            MUTE,
            False,
        ),
        (listening(), "maskgate/site/other/command", MUTE, False),
    ],
)
def test_what_breaks_a_rule_changes_nothing(
    spool: Spool, policy: InboundPolicy, topic: str, payload: bytes, retain: bool
) -> None:
    """Unasked, retained, unknown, damaged or not allowed: counted, and nothing is done."""
    muted = Muted()
    append(spool, 1, 3)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, policy, muted) as uplink:
        sent_all(spool, broker, 3)
        broker.send(topic, payload, retain=retain)
        wait_until(lambda: uplink.ignored == 1)
        assert muted.seconds == []
        assert spool.marks() == ()
        assert spool.replays == 0


def test_a_mark_of_an_unknown_epoch_replays_nothing(spool: Spool) -> None:
    """A consumer may know an epoch that the spool has forgotten."""
    append(spool, 1, 3)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port, listening()) as uplink:
        sent_all(spool, broker, 3)
        broker.send(TOPICS.ack, encode(ack_payload("team", "00000000-0000", 0, [(1, 3)])))
        wait_until(lambda: len(spool.marks()) == 1)
        append(spool, 4, 4)
        wait_until(lambda: broker.sequences == [1, 2, 3, 4])
        assert uplink.connected
