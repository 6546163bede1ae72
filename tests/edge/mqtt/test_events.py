"""The queue between the network's threads and the sender."""

from __future__ import annotations

from edge.mqtt.events import (
    BURST,
    MAX_WAITING_MESSAGES,
    ConnectionEventQueue,
    MessageReceived,
    PublishAcknowledged,
)


def test_a_flood_of_messages_fills_no_memory() -> None:
    """Messages beyond a number are dropped and counted; answers never are."""
    queue = ConnectionEventQueue(MAX_WAITING_MESSAGES)
    put = queue.for_connection(1)
    for number in range(1000):
        put(MessageReceived(number, 0, "t", b"", retained=False))
        put(PublishAcknowledged(number, 0, ""))
    assert queue.dropped >= 1000 - MAX_WAITING_MESSAGES
    events = []
    while not queue.empty:
        events += [event for _, event in queue.burst(0.0)]
    assert sum(isinstance(event, PublishAcknowledged) for event in events) == 1000


def test_a_burst_is_in_order_and_has_an_end() -> None:
    """What came first is taken first, so many at a time; nothing there is nothing."""
    queue = ConnectionEventQueue()
    assert list(queue.burst(0.0)) == []
    queue.wake()
    for number in range(2 * BURST):
        queue.for_connection(7)(PublishAcknowledged(number, 0, ""))
    first = list(queue.burst(0.0))
    assert first[0] == (0, None)
    assert first[1:] == [(7, PublishAcknowledged(number, 0, "")) for number in range(BURST - 1)]


def test_without_a_bound_nothing_is_dropped() -> None:
    """A collector acknowledges each message by itself, so none may vanish on the way."""
    queue = ConnectionEventQueue()
    for number in range(2 * MAX_WAITING_MESSAGES):
        queue.for_connection(1)(MessageReceived(number, 1, "t", b"", retained=False))
    received = [queue.get(0.0) for _ in range(2 * MAX_WAITING_MESSAGES)]
    assert [entry[1].mid for entry in received if entry and isinstance(entry[1], MessageReceived)] == list(
        range(2 * MAX_WAITING_MESSAGES)
    )
    assert queue.dropped == 0
    assert queue.get(0.0) is None
