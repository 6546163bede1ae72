"""From the spool to a broker that answers by a script."""

from __future__ import annotations

import logging

import pytest

from edge.messages.topics import Topics
from edge.mqtt.client import WINDOW
from edge.spool import Spool
from edge.uplink.retained import RetainedMessage
from tests.support.mosquitto import wait_until
from tests.support.scripted_broker import OK, Given, Reply, ScriptedBroker, Terms, refuse_some
from tests.support.scripted_uplinks import append, uplink_to

TOPICS = Topics("site", "door")


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
    append(spool, 1, 41)
    with ScriptedBroker(refuse_some(code, every=20, times=9)) as broker, uplink_to(spool, broker.port):
        wait_until(lambda: spool.depth() == 0 and len(broker.sequences) == 39)
        wait_until(lambda: sum(given.name == "gap" for given in broker.taken) == 2)
    assert given_up(spool) == {20, 40}
    assert spool.figures().stored == 41


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
