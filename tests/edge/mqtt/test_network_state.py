"""What paho's thread and the one that uses a connection share."""

from __future__ import annotations

import math

from edge.mqtt.events import ConnectionEvent, MessageReceived
from edge.mqtt.network_state import MAX_QOS_0, MAX_WAITING_BYTES, NetworkState


def message(qos: int, size: int = 3) -> MessageReceived:
    return MessageReceived(1, qos, "a/b", bytes(size - 3), retained=False)


def test_what_nobody_keeps_is_dropped_where_too_much_waits() -> None:
    """Of QoS 0; what a broker keeps is always delivered, and room comes back with what is done."""
    events: list[ConnectionEvent] = []
    state = NetworkState(events.append, receive_maximum=10)
    for _ in range(MAX_QOS_0 + 50):
        state.received(message(0))
    assert len(events) == MAX_QOS_0
    state.unacknowledged.done([message(0)] * 3)
    for _ in range(5):
        state.received(message(0))
    assert len(events) == MAX_QOS_0 + 3


def test_room_ends_with_the_receive_maximum() -> None:
    """For messages that are acknowledged; the others have their own."""
    state = NetworkState(lambda _event: None, receive_maximum=2)
    for room in (True, True, False):
        assert state.unacknowledged.room(1) == room
        state.received(message(1))
    assert state.unacknowledged.room(0)
    state.unacknowledged.done([message(1)] * 2)
    assert state.unacknowledged.room(1)


def test_room_ends_with_the_memory() -> None:
    """However many messages may be unacknowledged; what is stored makes room again."""
    state = NetworkState(lambda _event: None, receive_maximum=60_000)
    large = message(1, MAX_WAITING_BYTES // 2)
    for room in (True, True, False):
        assert state.unacknowledged.room(1) == room
        state.received(large)
    state.unacknowledged.done([large] * 2)
    assert state.unacknowledged.room(1)


def test_who_acknowledges_nothing_has_room_for_ever() -> None:
    """A client without a session bounds its own queue."""
    state = NetworkState(lambda _event: None)
    state.received(message(1, 2 * MAX_WAITING_BYTES))
    for _ in range(2 * MAX_QOS_0):
        state.received(message(0))
    assert state.unacknowledged.room(0)
    assert state.receive_maximum == math.inf
