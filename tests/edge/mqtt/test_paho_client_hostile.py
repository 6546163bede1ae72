"""Connections to a broker that sends what it must not."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterable, Iterator

import pytest

from edge.mqtt import problems
from edge.mqtt.broker import Broker, ConnectOptions, PersistentSession
from edge.mqtt.client import Connection, connect
from edge.mqtt.events import ConnectionAccepted, ConnectionEvent, ConnectionLost, MessageReceived
from edge.mqtt.network_state import MAX_QOS_0
from tests.support.mosquitto import wait_until
from tests.support.raw_broker import CONNACK, publish, raw_broker

LIMIT = 16_384
MIB = 1 << 20
WORST_MIB = 32
UNASKED = bytes.fromhex("900400010000")
"""A SUBACK without a subscription."""
DEVICE = ConnectOptions("me", maximum_packet_size=LIMIT)
COLLECTOR = ConnectOptions("me", session=PersistentSession(60, 100), maximum_packet_size=LIMIT)


def end_of(answer: Iterable[bytes], options: ConnectOptions = DEVICE) -> list[ConnectionEvent]:
    """What happens on a connection to a broker that answers so."""
    events: list[ConnectionEvent] = []
    with raw_broker(lambda: answer) as port:
        connection = connect(Broker("127.0.0.1", port), None, options, events.append)
        wait_until(lambda: any(isinstance(one, ConnectionLost) for one in events))
        begin = time.monotonic()
        connection.close(10)
        assert time.monotonic() - begin < 2.0
    return events


def header(first: int, length: int) -> bytes:
    return bytes([first, *(length >> shift & 0x7F | 0x80 for shift in (0, 7, 14)), length >> 21])


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        ([CONNACK, header(0x30, 200_000_000), b"x" * MIB], "more than 16384 bytes"),
        ([CONNACK, publish(2, 1, b"x")], "QoS"),
        ([CONNACK, CONNACK], "second answer"),
        ([CONNACK, UNASKED], "subscription"),
        ([CONNACK, publish(1, 1, b"x"), b"\xf0\0"], "breaks the protocol"),
        ([CONNACK + publish(1, 1, b"x") + b"\x32\x05\0\x01a\0\x07"], "breaks the protocol"),
        ([CONNACK + publish(1, 1, b"x") + publish(1, 2, bytes(LIMIT))], "more than 16384 bytes"),
        ([bytes.fromhex("2000")], "breaks the protocol"),
        ([bytes.fromhex("20080000052100002700")], "breaks the protocol"),
        ([bytes.fromhex("200a0000")], "half an answer"),
    ],
)
def test_what_a_broker_must_not_send_ends_the_connection(answer: list[bytes], what: str) -> None:
    """It says what that was, and does not blame the port."""
    events = end_of(answer)
    (lost,) = [one for one in events if isinstance(one, ConnectionLost)]
    assert lost.refused
    assert what in lost.text


def test_behind_what_is_refused_nothing_is_delivered() -> None:
    """Although it has come in the same piece."""
    events = end_of([CONNACK + publish(1, 1, b"x") + UNASKED + publish(1, 2, b"x")])
    assert [one.mid for one in events if isinstance(one, MessageReceived)] == [1]


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\x15\x03\x03\x00\x02\x02\x46"]
)
def test_what_is_no_broker_is_not_called_one(answer: bytes) -> None:
    """A web server, a TLS port, a port that closes: the port is to be looked at."""
    (lost,) = [one for one in end_of([answer]) if isinstance(one, ConnectionLost)]
    assert not lost.refused


def test_the_sentence_names_the_broker_and_what_it_sent() -> None:
    """And not a port, which is right."""
    sentence = problems.misbehaved(Broker("127.0.0.1", 1883), "half an answer")
    assert "127.0.0.1:1883 sends half an answer" in sentence
    assert "mqtt.port" not in sentence


def test_messages_that_nobody_keeps_are_bounded() -> None:
    """Of QoS 0 only some wait for a slow receiver; the rest is dropped, and the connection stands."""
    events = end_of([CONNACK, *(publish(0, 0, b"x") for _ in range(1_000)), b"\xe0\0"], COLLECTOR)
    assert sum(isinstance(one, MessageReceived) for one in events) == MAX_QOS_0
    assert not any(isinstance(one, ConnectionLost) and one.refused for one in events)


def test_beyond_the_receive_maximum_nothing_is_read() -> None:
    """What a broker sends too early waits in the network; it comes as the first are acknowledged."""
    events: list[ConnectionEvent] = []

    def messages() -> list[MessageReceived]:
        return [one for one in events if isinstance(one, MessageReceived)]

    answer = [CONNACK, *(publish(1, mid, b"x") for mid in range(1, 200))]
    with raw_broker(lambda: answer) as port:
        connection = connect(Broker("127.0.0.1", port), None, COLLECTOR, events.append)
        wait_until(lambda: len(messages()) == 100)
        time.sleep(0.2)
        assert len(messages()) == 100
        connection.acknowledge(messages())
        wait_until(lambda: len(messages()) == 199)
        connection.close(10)


def test_acknowledged_messages_make_room() -> None:
    """Any number comes over one connection, as long as it is acknowledged."""
    events: list[ConnectionEvent] = []

    def slowly() -> Iterator[bytes]:
        yield CONNACK
        for mid in range(1, 250):
            yield publish(1, mid, b"x")
            wait_until(lambda mid=mid: len(events) > mid)  # type: ignore[misc]

    with raw_broker(slowly) as port:
        connection: Connection | None = None

        def take(event: ConnectionEvent) -> None:
            events.append(event)
            if isinstance(event, MessageReceived) and connection is not None:
                connection.acknowledge([event])

        connection = connect(Broker("127.0.0.1", port), None, COLLECTOR, take)
        wait_until(lambda: len(events) >= 250)
        connection.close(10)
    assert isinstance(events[0], ConnectionAccepted)


MEASURE = """
import sys, time
from edge.mqtt.broker import Broker, ConnectOptions
from edge.mqtt.client import connect
from edge.mqtt.events import ConnectionEventQueue

def high_water() -> int:
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

before, queue = high_water(), ConnectionEventQueue(200)
options = ConnectOptions("me", maximum_packet_size=16_384)
connection = connect(Broker("127.0.0.1", int(sys.argv[1])), None, options, queue.for_connection(1))
while connection.alive and connection._state.thread is None: time.sleep(0.01)
connection._state.thread.join(20)
connection.close()
print((high_water() - before) // 1024)
"""


def chunks(head: bytes, part: bytes, times: int) -> Iterator[bytes]:
    yield CONNACK + head
    for _ in range(times):
        yield part


@pytest.mark.parametrize(
    ("head", "part", "times"),
    [
        (header(0x30, 200_000_000), b"x" * MIB, 190),
        (b"", publish(2, 7, b"x" * 16_000), 3_000),
        (b"", publish(1, 7, b"x" * 10) * 500, 40),
        (b"", b"\xc0\0" * 1_000, 40),
        (b"", publish(0, 0, b"x" * 16_000), 3_000),
    ],
)
def test_no_hostile_exchange_takes_much_memory(head: bytes, part: bytes, times: int) -> None:
    """A process of its own, which the broker floods for a while, grows by less than 32 MB."""
    with raw_broker(lambda: chunks(head, part, times)) as port:
        grown = subprocess.run(
            [sys.executable, "-c", MEASURE, str(port)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    assert int(grown.stdout) < WORST_MIB
