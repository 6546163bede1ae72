"""Brokers that refuse, hang up, or take little at a time; and a network thread that dies."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from edge.mqtt.client import WINDOW
from edge.uplink.reconnect import SERVER_SHUTTING_DOWN
from tests.faults.device import device
from tests.faults.results import longest, note, seconds_since
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until
from tests.support.scripted_broker import OK, Given, Reply, ScriptedBroker, Terms

REFUSALS = [Reply(code) for code in (0x80, 0x83, 0x87, 0x90, 0x91, 0x95, 0x97, 0x99)]
ENDINGS = [Reply(0x95, hang_up=True), Reply(0x8B, hang_up=True)]
GIVEN_UP = (0x90, 0x95, 0x99)
EVENTS = 10


def name(reply: Reply) -> str:
    return f"{'DISCONNECT' if reply.hang_up else 'PUBACK'} 0x{reply.code:02x}"


def answer_badly(directory: Path, reply: Reply, times: int) -> None:
    """Every tenth event meets the answer: always where that means never, else once."""
    met: set[int] = set()

    def policy(given: Given) -> Reply:
        bad = bool(given.sequence) and given.sequence % EVENTS == 5
        if not bad or (reply.code not in GIVEN_UP and given.sequence in met):
            return OK
        met.add(given.sequence)
        return reply

    flows = []
    with ScriptedBroker(policy) as broker, device(directory / "spool.db", broker.port) as sender:
        for _ in range(times):
            began = time.monotonic()
            sender.decide(EVENTS)
            rest = {number for number in range(1, sender.last + 1) if number % EVENTS != 5}
            wait_until(lambda rest=rest: rest <= set(broker.sequences))  # type: ignore[misc]
            flows.append(seconds_since(began))
            wait_until(lambda: sender.spool.depth() == 0)
            assert flows[-1] < 10.0
        refused = {number for number in range(1, sender.last + 1) if number % EVENTS == 5}
        sender.spool.flush()
        deleted = sender.last - sender.spool.figures().stored
        note(name(reply), times, others_sent_within_s=longest(flows), deleted=deleted)
        assert deleted == 0
        assert sender.gaps() == (refused if reply.code in GIVEN_UP else set())
        assert set(broker.sequences) | sender.gaps() == set(range(1, sender.last + 1))


@pytest.mark.parametrize("reply", [*REFUSALS, *ENDINGS], ids=name)
def test_a_bad_answer_deletes_nothing(tmp_path: Path, reply: Reply) -> None:
    """Nothing is lost, and what the answer is not about flows on."""
    answer_badly(tmp_path, reply, 2)


@pytest.mark.faults
@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("reply", [*REFUSALS, *ENDINGS], ids=name)
def test_a_hundred_bad_answers(tmp_path: Path, reply: Reply) -> None:
    """The same a hundred times."""
    answer_badly(tmp_path, reply, 100)


def reconnect_often(directory: Path, maximum: int, times: int) -> None:
    """The connection ends amid the flow, again and again, each time with a reason."""
    terms = Terms(receive_maximum=maximum, delay_s=0.001)
    with ScriptedBroker(terms=terms) as broker, device(directory / "spool.db", broker.port) as sender:
        for _ in range(times):
            begun = len(set(broker.sequences))
            sender.decide(60)
            wait_until(lambda begun=begun: len(set(broker.sequences)) >= begun + 30)  # type: ignore[misc]
            broker.hang_up(SERVER_SHUTTING_DOWN)
        wait_until(lambda: sender.spool.depth() == 0)
        lost = len(set(range(1, sender.last + 1)) - set(broker.sequences))
        note(f"Receive Maximum {maximum}, reconnects", times, owed_at_most=broker.max_in_flight, lost=lost)
        assert lost == 0
        assert broker.connections == times + 1
        assert broker.max_in_flight <= min(maximum, WINDOW)


@pytest.mark.faults
@pytest.mark.timeout(600)
@pytest.mark.parametrize("maximum", [1, 10])
def test_receive_maximum_over_twenty_reconnects(tmp_path: Path, maximum: int) -> None:
    """The broker never owes more answers than it said it can."""
    reconnect_often(tmp_path, maximum, 20)


def kill_the_thread(directory: Path, broker: Mosquitto, times: int) -> None:
    """An exception in a callback ends the network's thread, while the library still says it is connected."""
    restored = []
    with Subscriber(broker.port) as subscriber, device(directory / "spool.db", broker.port) as sender:
        for _ in range(times):
            wait_until(lambda: sender.uplink.connected)
            sender.connector.break_next = True
            began = time.monotonic()
            sender.decide(5)
            subscriber.wait_for_events(sender.last)
            wait_until(lambda: sender.spool.depth() == 0)
            restored.append(seconds_since(began))
            assert restored[-1] < 5.0
        lost = len(sender.ids - set(subscriber.ids))
    note(
        "exception in a callback, thread ended",
        times,
        restored_within_s=longest(restored),
        lost=lost,
    )
    assert lost == 0


@pytest.mark.broker
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_dead_thread_is_replaced(tmp_path: Path, broker: Mosquitto) -> None:
    """Twice in a row, each within 5 s."""
    kill_the_thread(tmp_path, broker, 2)


@pytest.mark.faults
@pytest.mark.broker
@pytest.mark.timeout(900)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_fifty_dead_threads_are_replaced(tmp_path: Path, broker: Mosquitto) -> None:
    """The same fifty times."""
    kill_the_thread(tmp_path, broker, 50)
