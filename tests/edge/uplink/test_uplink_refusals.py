"""From the spool to a broker that answers by a script."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from edge.messages.payloads import ack_payload, encode
from edge.messages.topics import Topics
from edge.mqtt.backoff import Backoff
from edge.mqtt.broker import Broker
from edge.mqtt.client import WINDOW
from edge.mqtt.connector import Connector
from edge.spool import ConsumerMark, Spool
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.retained import RetainedMessage
from edge.uplink.status import StatusPublisher
from edge.uplink.uplink import Uplink, connect_options
from tests.support.builders import event, limits
from tests.support.mosquitto import wait_until
from tests.support.scripted_broker import OK, Given, Reply, ScriptedBroker, Terms, refuse_some

TOPICS = Topics("site", "door")
BOTH = frozenset({"mute", "replay"})
MUTE = b'{"command":"mute","seconds":60}'


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    with closing(Spool.open(tmp_path / "spool.db", limits())) as opened:
        yield opened


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


def given_up(spool: Spool) -> set[int]:
    """The numbers that were announced as gaps or wait to be."""
    rows = spool.ask(lambda writer: writer.store.db.all("SELECT first, last FROM gap"))
    return {number for first, last in rows for number in range(first, last + 1)}


@pytest.mark.parametrize("code", [0x80, 0x83, 0x87, 0x97, 0xA3])
def test_a_refusal_loses_nothing(spool: Spool, code: int) -> None:
    """Events that the broker refuses once are sent again; nothing becomes a gap."""
    append(spool, 1, 40)
    with ScriptedBroker(refuse_some(code, every=20)) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0)
        assert sorted(broker.sequences) == list(range(1, 41))
    assert given_up(spool) == set()


@pytest.mark.parametrize("code", [0x90, 0x95, 0x99])
def test_what_no_broker_takes_becomes_a_gap(spool: Spool, code: int) -> None:
    """An event refused for what it is goes no more, is announced, kept, and holds up nothing."""
    append(spool, 1, 40)
    with ScriptedBroker(refuse_some(code, every=20, times=9)) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0 and len(broker.sequences) == 38)
        wait_until(lambda: sum(given.name == "gap" for given in broker.taken) == 2)
    assert given_up(spool) == {20, 40}
    assert spool.figures().stored == 40


@pytest.mark.parametrize("code", [0x95, 0x99])
def test_an_event_on_which_the_broker_hangs_up_becomes_a_gap(spool: Spool, code: int) -> None:
    """The culprit is found by sending one by one; all others arrive, whatever number it has."""

    def policy(given: Given) -> Reply:
        return Reply(code, hang_up=True) if given.sequence == 13 else OK

    append(spool, 1, 40)
    with ScriptedBroker(policy) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0)
        assert set(broker.sequences) == set(range(1, 41)) - {13}
    assert given_up(spool) == {13}


@pytest.mark.parametrize("code", [0x8B, 0x97])
def test_a_broker_that_hangs_up_for_reasons_of_its_own_loses_nothing(spool: Spool, code: int) -> None:
    """A shutdown or a quota is nobody's fault: the events go over the next connection."""
    left = [3]

    def policy(given: Given) -> Reply:
        if given.sequence and given.sequence % 10 == 0 and left[0]:
            left[0] -= 1
            return Reply(code, hang_up=True)
        return OK

    append(spool, 1, 40)
    with ScriptedBroker(policy) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0)
        assert set(broker.sequences) == set(range(1, 41))
        assert broker.connections == 4
    assert given_up(spool) == set()


def test_an_event_on_which_a_broker_hangs_up_without_a_word_is_left_for_later(spool: Spool) -> None:
    """Nobody knows that it was the event, so it is kept; all others arrive."""

    def policy(given: Given) -> Reply:
        return Reply(bare=True) if given.sequence == 1 else OK

    append(spool, 1, 30)
    with ScriptedBroker(policy) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: set(broker.sequences) == set(range(2, 31)))
        wait_until(lambda: spool.depth() == 1)
    assert given_up(spool) == set()


def test_a_retained_message_on_which_the_broker_hangs_up_is_left_out(spool: Spool) -> None:
    """A retained message that a broker cannot bear does not keep the events."""

    def policy(given: Given) -> Reply:
        return Reply(0x9A, hang_up=True) if given.name == "stats" else OK

    append(spool, 1, 10)
    stats = RetainedMessage("stats", TOPICS.stats, b"{}")
    with ScriptedBroker(policy) as broker, uplink_to(spool, broker.port, retained=(stats,)):
        wait_until(lambda: spool.depth() == 0)
        assert set(broker.sequences) == set(range(1, 11))


@pytest.mark.parametrize("maximum", [1, 10, 65_535])
def test_receive_maximum_is_never_exceeded(spool: Spool, maximum: int) -> None:
    """Also over reconnects while events flow, no more is in flight than the broker takes."""
    append(spool, 1, 200)
    with (
        ScriptedBroker(terms=Terms(receive_maximum=maximum, delay_s=0.001)) as broker,
        uplink_to(spool, broker.port),
    ):
        for part in range(1, 4):
            wait_until(lambda part=part: len(broker.sequences) >= 40 * part)  # type: ignore[misc]
            broker.hang_up()
        wait_until(lambda: spool.depth() == 0)
        assert set(broker.sequences) == set(range(1, 201))
        assert broker.max_in_flight <= min(maximum, WINDOW)
        assert broker.connections == 4


def test_a_broker_without_retained_messages_is_not_sent_any(spool: Spool) -> None:
    """What it cannot keep it is told all the same."""
    append(spool, 1, 3)
    with ScriptedBroker(terms=Terms(retains=False)) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0)
        assert not any(given.retain for given in broker.given)


def test_a_message_that_is_never_answered_is_sent_again(spool: Spool) -> None:
    """A broker that leaves one out and goes on is given up after a while, and the message goes once more."""
    left_out = [7]

    def policy(given: Given) -> Reply:
        if left_out and given.sequence == left_out[0]:
            left_out.clear()
            return Reply(silent=True)
        return OK

    append(spool, 1, 30)
    with ScriptedBroker(policy) as broker, uplink_to(spool, broker.port, keepalive=2):
        wait_until(lambda: spool.depth() == 0)
        assert set(broker.sequences) == set(range(1, 31))
        assert broker.connections == 2


def test_the_sender_survives_its_own_mistakes(
    spool: Spool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An error that nobody thought of is logged, and sending begins anew."""
    append(spool, 1, 5)
    broken = iter([True, True])
    real = spool.unsent

    def unsent(after: int, limit: int) -> object:
        if next(broken, False):
            raise RuntimeError("nobody thought of this")
        return real(after, limit)

    monkeypatch.setattr(spool, "unsent", unsent)
    with ScriptedBroker() as broker, uplink_to(spool, broker.port) as uplink:
        wait_until(lambda: spool.depth() == 0)
        assert uplink.alive
    assert len([r for r in caplog.records if r.levelno == logging.ERROR]) == 2


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
