"""Many devices that return at once are served in turn, each in the same time."""

from __future__ import annotations

import json
from typing import cast

from edge.collector.acks import PAUSE_S, AckScheduler
from edge.collector.completeness import Completeness
from edge.collector.database import Queries, Writes
from edge.collector.records import DeviceKey, EpochKey
from edge.messages.ranges import Range

WALL = 1_700_000_000.0


class CountingQueries:
    """Answers for every epoch with the same mark, and counts the questions."""

    def __init__(self, holes: tuple[Range, ...] = ()) -> None:
        self.asked = 0
        self._holes = holes

    def mark(self, _epoch_key: EpochKey) -> Completeness:
        self.asked += 1
        return Completeness(5, 9, self._holes)

    def unfinished(self, place: DeviceKey) -> tuple[EpochKey, ...]:
        self.asked += 1
        return (EpochKey(place, "e1"),)


def scheduler(queries: CountingQueries) -> AckScheduler:
    return AckScheduler(cast(Queries, queries), cast(Writes, None), "team", 1.0)


def epochs(count: int) -> list[EpochKey]:
    return [EpochKey(DeviceKey(f"s{number % 7}", f"d{number}"), "e1") for number in range(count)]


def served(acks: AckScheduler, now: float) -> list[str]:
    """The devices that get a message now, in order."""
    devices = []
    while (message := acks.next(now, WALL)) is not None:
        devices.append(message.topic.split("/")[2])
    return devices


def test_devices_are_served_in_the_order_in_which_they_came() -> None:
    """Whatever the names of their sites are; one that comes again waits behind the others."""
    acks = scheduler(CountingQueries())
    for epoch_key in epochs(50):
        acks.touched([epoch_key])
    first = [acks.next(0.0, WALL) for _ in range(10)]
    assert all(first)
    acks.touched(epochs(10))
    assert served(acks, 0.0) == [f"d{number}" for number in range(10, 50)]
    assert acks.wait(0.0) == PAUSE_S
    assert served(acks, PAUSE_S) == [f"d{number}" for number in range(10)]


def test_a_turn_asks_the_database_only_for_what_it_publishes() -> None:
    """With ten thousand devices that return, twenty messages are forty questions, not twenty thousand."""
    queries = CountingQueries()
    acks = scheduler(queries)
    for epoch_key in epochs(10_000):
        acks.presence(epoch_key.place, online=True)
    for turn in range(1, 6):
        for _ in range(20):
            assert acks.next(0.0, WALL) is not None
        assert queries.asked == 2 * 20 * turn
        assert acks.wait(0.0) == 0.0


def test_each_message_is_published_once() -> None:
    """What was handed out is not due again, unless it could not be handed to the broker."""
    acks = scheduler(CountingQueries())
    acks.touched(epochs(2))
    assert acks.next(0.0, WALL) is not None
    acks.not_published()
    assert served(acks, 0.0) == ["d1", "d0"]
    assert served(acks, 10.0) == []
    assert acks.wait(10.0) is None


def test_what_is_missing_is_asked_for_when_its_time_has_come() -> None:
    """Not before, not while the device is away, and again once it is back."""
    acks = scheduler(CountingQueries(holes=(Range(6, 7),)))
    (epoch_key,) = epochs(1)
    acks.touched([epoch_key])
    message = acks.next(0.0, WALL)
    assert message is not None
    assert "missing" not in json.loads(message.payload)
    assert acks.wait(0.0) == 1.0
    acks.presence(epoch_key.place, online=False)
    assert acks.next(5.0, WALL) is None
    acks.presence(epoch_key.place, online=True)
    message = acks.next(6.0, WALL)
    assert message is not None
    assert json.loads(message.payload)["missing"] == [[6, 7]]
