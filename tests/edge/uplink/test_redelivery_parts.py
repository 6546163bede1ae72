"""What consumers ask for is replayed in parts, so that no request holds the spool up."""

from __future__ import annotations

from edge.messages.payloads import ack_payload, encode
from edge.messages.ranges import Range
from edge.messages.topics import Topics
from edge.mqtt.events import MessageReceived
from edge.spool import Spool
from edge.uplink.commands import InboundHandler, InboundPolicy
from edge.uplink.redelivery import PART, ReplayQueue
from tests.support.builders import event

TOPICS = Topics("site", "door")


def test_a_long_range_goes_in_parts() -> None:
    """So many numbers at a time, and within a second; the rest follows."""
    queue = ReplayQueue()
    queue.put("evil", "e1", [(1, 2 * PART + 1)])
    first = queue.next(0.0)
    assert first is not None
    assert first.numbers == Range(1, PART)
    assert queue.next(0.5) is None
    second, third = queue.next(1.0), queue.next(2.0)
    assert second is not None
    assert third is not None
    assert third.numbers == Range(2 * PART + 1, 2 * PART + 1)
    assert queue.next(9.0) is None


def test_consumers_take_turns() -> None:
    """A short request does not wait behind all of a long one."""
    queue = ReplayQueue()
    queue.put("evil", "e1", [(1, 1_000_000)])
    queue.put("team", "e1", [(5, 6)])
    parts = [queue.next(float(second)) for second in range(3)]
    assert [part.consumer for part in parts if part is not None] == ["evil", "team", "evil"]


def test_what_is_asked_for_twice_waits_once() -> None:
    """Overlapping ranges are one."""
    queue = ReplayQueue()
    for first in range(1, 101):
        queue.put("evil", "e1", [(first, 3_000)])
    parts = [part.numbers for second in range(200) if (part := queue.next(float(second))) is not None]
    assert sum(map(len, parts)) == 3_000


def test_overlapping_ranges_of_one_ack_are_replayed_once(spool: Spool) -> None:
    """A hundred ranges that overlap cost as much as one, and that in parts."""
    count = PART + 500
    for number in range(1, count + 1):
        spool.append(event(number))
    spool.flush()
    spool.mark_sent(range(spool.newest() - count + 1, spool.newest() + 1))
    spool.flush()
    handler = InboundHandler(spool, TOPICS, InboundPolicy(accept_ack=True), lambda _: None)
    ranges = [(first, 40_000) for first in range(1, 101)]
    payload = encode(ack_payload("evil", spool.epoch, 0, ranges))
    handler.handle(MessageReceived(0, 1, TOPICS.ack, payload, retained=False), 0.0)
    handler.redeliver(0.0)
    assert spool.depth() == PART
    for second in range(1, 10):
        handler.redeliver(float(second))
    assert spool.depth() == count
    assert spool.replays <= 4
