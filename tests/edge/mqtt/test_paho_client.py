"""What paho is made to do: read ahead, read messages its own way, acknowledge many at once."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from edge.mqtt.broker import Broker, ConnectOptions, PersistentSession
from edge.mqtt.client import connect
from edge.mqtt.events import ConnectionEvent, MessageReceived, ReplyAddress
from edge.mqtt.paho_client import PublishProperties, message_of
from tests.support.mosquitto import wait_until
from tests.support.raw_broker import CONNACK, publish, raw_broker

ANSWER = b"\x08\x00\x05reply\x09\x00\x02\x01\x02"
"""Properties: where an answer is wanted, and what it is to bring back."""
MIDS = range(1, 40)
PAYLOADS = [b"%d" % number * (number % 50) for number in range(1, 300)]


def body(topic: bytes, mid: bytes, properties: bytes, payload: bytes) -> bytes:
    """A PUBLISH packet without its header."""
    return (
        struct.pack("!H", len(topic))
        + topic
        + mid
        + struct.pack("!B", len(properties))
        + properties
        + payload
    )


def as_paho_reads(first: int, content: bytes) -> tuple[Any, ...] | None:
    """The same by paho itself; None where it refuses."""
    client, found = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5), []
    client.on_message = lambda _client, _data, message: found.append(message)
    client._manual_ack = True
    client._in_packet = {"command": first, "packet": bytearray(content)}  # type: ignore[typeddict-item]
    with suppress(Exception):
        client._handle_publish()
    if not found:
        return None
    (message,) = found
    try:
        topic = message.topic
    except UnicodeDecodeError:
        topic = ""
    return message.mid, message.qos, topic, bytes(message.payload), message.retain


def test_a_message_has_all_that_its_packet_says() -> None:
    """Topic, number, whether it was kept, where its answer is wanted, and the payload."""
    found = message_of(0x33, body(b"a/b", b"\x01\x02", ANSWER, b"text"))
    assert found == MessageReceived(258, 1, "a/b", b"text", True, ReplyAddress("reply", b"\x01\x02"))
    assert message_of(0x30, body(b"a", b"", b"", b"")) == MessageReceived(0, 0, "a", b"", False)


PACKETS = st.builds(
    lambda topic, mid, properties, payload, end: body(topic, mid, properties, payload)[:end],
    st.binary(max_size=6),
    st.sampled_from((b"", b"\x00\x07")),
    st.sampled_from((b"", ANSWER, b"\x01\x01", b"\x26\x00\x01a\x00\x01b")) | st.binary(max_size=6),
    st.binary(max_size=6),
    st.none() | st.integers(0, 20),
)


@given(first=st.sampled_from((0x30, 0x31, 0x32, 0x33)), content=PACKETS | st.binary(max_size=30))
@example(first=0x32, content=b"\x00\x01\xff\x00\x07\x00")
def test_a_packet_is_read_as_paho_reads_it(first: int, content: bytes) -> None:
    """Whatever its bytes: the same message, or refused by both."""
    found = None
    with suppress(Exception):
        read = message_of(first, content)
        found = read.mid, read.qos, read.topic, read.payload, read.retained
    assert found == as_paho_reads(first, content)


def received(parts: Iterable[bytes], count: int) -> list[MessageReceived]:
    """The messages that a connection delivers of what a broker sends."""
    events: list[ConnectionEvent] = []
    with raw_broker(lambda: parts) as port:
        connection = connect(Broker("127.0.0.1", port), None, ConnectOptions("me"), events.append)
        wait_until(lambda: sum(isinstance(one, MessageReceived) for one in events) >= count)
        connection.close(10)
    return [one for one in events if isinstance(one, MessageReceived)]


@pytest.mark.parametrize("size", [1, 7, 1_000_000])
def test_packets_are_whole_however_they_come(size: int) -> None:
    """In pieces of a byte or many at once: each message is delivered once, in order."""
    stream = CONNACK + b"".join(publish(1, mid, payload) for mid, payload in enumerate(PAYLOADS, 1))
    found = received((stream[at : at + size] for at in range(0, len(stream), size)), len(PAYLOADS))
    assert [one.payload for one in found] == PAYLOADS


def test_many_messages_are_acknowledged_at_once() -> None:
    """The broker reads one answer for each message of QoS 1, in their order, and none for the others."""
    events: list[ConnectionEvent] = []
    options = ConnectOptions("me", session=PersistentSession(60, 100))
    with socket.create_server(("127.0.0.1", 0)) as server:
        connection = connect(Broker("127.0.0.1", server.getsockname()[1]), None, options, events.append)
        peer, _ = server.accept()
        with peer:
            peer.settimeout(10)
            peer.recv(4096)
            peer.sendall(CONNACK + publish(0, 0, b"x") + b"".join(publish(1, mid, b"x") for mid in MIDS))
            wait_until(lambda: len(events) == 2 + len(MIDS))
            connection.acknowledge(one for one in events if isinstance(one, MessageReceived))
            expected = b"".join(struct.pack("!BBH", 0x40, 2, mid) for mid in MIDS)
            read = b""
            while len(read) < len(expected):
                read += peer.recv(4096)
        connection.close(10)
    assert read == expected


def test_properties_are_packed_as_paho_packs_them() -> None:
    """Once for all messages that have them."""
    ours, theirs = PublishProperties(), Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    for properties in (ours, theirs):
        properties.PayloadFormatIndicator, properties.ContentType = 1, "text/plain"
    assert ours.pack() == theirs.pack()  # type: ignore[no-untyped-call]
    assert ours.pack() is ours.pack()
