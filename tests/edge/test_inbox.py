"""What the network's threads tell the sender."""

from __future__ import annotations

from edge.mqtt.events import BURST, MOST_ARRIVED, ConnectionEventQueue, MessageReceived, PublishAcknowledged


def test_a_flood_of_messages_fills_no_memory() -> None:
    """Messages beyond a number are dropped and counted; answers never are."""
    inbox = ConnectionEventQueue()
    put = inbox.slot(1)
    for number in range(1000):
        put(MessageReceived(number, 0, "t", b"", retained=False))
        put(PublishAcknowledged(number, 0, ""))
    assert inbox.dropped >= 1000 - MOST_ARRIVED
    signals = []
    while not inbox.empty:
        signals += [signal for _, signal in inbox.burst(0.0)]
    assert sum(isinstance(signal, PublishAcknowledged) for signal in signals) == 1000


def test_a_burst_is_in_order_and_has_an_end() -> None:
    """What came first is taken first, so many at a time; nothing there is nothing."""
    inbox = ConnectionEventQueue()
    assert list(inbox.burst(0.0)) == []
    inbox.wake()
    for number in range(2 * BURST):
        inbox.slot(7)(PublishAcknowledged(number, 0, ""))
    first = list(inbox.burst(0.0))
    assert first[0] == (0, None)
    assert first[1:] == [(7, PublishAcknowledged(number, 0, "")) for number in range(BURST - 1)]
