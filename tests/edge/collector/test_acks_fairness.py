"""Many devices at once: each gets its acknowledgement in turn, and no turn looks at all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

import pytest

from edge.collector.acks import PAUSE_S, AckScheduler, Plan
from edge.collector.completeness import Completeness
from edge.collector.missing import ATTEMPTS
from edge.collector.records import EpochKey
from edge.messages.ranges import Range
from edge.types import DeviceKey

WINDOW = 20


class FakeDatabase:
    """Marks without a database; counts what is asked for."""

    def __init__(self) -> None:
        self.asked = 0
        self.marks_read = 0
        self.holes: dict[EpochKey, tuple[Range, ...]] = {}
        self.given_up: list[EpochKey] = []

    def marks(self, epoch_keys: Sequence[EpochKey]) -> dict[EpochKey, Completeness]:
        self.asked += 1
        self.marks_read += len(epoch_keys)
        return {key: Completeness(1, 9, self.holes.get(key, ())) for key in epoch_keys}

    def unfinished(self, places: Sequence[DeviceKey]) -> tuple[EpochKey, ...]:
        self.asked += 1
        return tuple(EpochKey(place, "e1") for place in places)

    def give_up(self, spans: Mapping[EpochKey, object], _wall: float) -> None:
        self.asked += 1
        self.given_up += spans
        for epoch_key in spans:
            self.holes.pop(epoch_key)


@pytest.fixture
def database() -> FakeDatabase:
    return FakeDatabase()


@pytest.fixture
def scheduler(database: FakeDatabase) -> AckScheduler:
    return AckScheduler(database, database, Plan("team", 10.0))  # type: ignore[arg-type]


def devices(count: int) -> list[DeviceKey]:
    return [DeviceKey(f"site{number % 7}", f"door{number:05}") for number in range(count)]


def turn(scheduler: AckScheduler, now: float, room: int = WINDOW) -> list[str]:
    """The devices that are acknowledged to while the broker takes so many messages."""
    taken: Iterator[object] = islice(scheduler.messages(now, now), room)
    return [message.topic.split("/")[2] for message in taken]  # type: ignore[attr-defined]


def test_who_returned_first_comes_first(scheduler: AckScheduler) -> None:
    """Whatever their sites are called, and each once."""
    places = devices(100)
    for place in places:
        scheduler.presence(place, online=True)
    found = [name for number in range(5) for name in turn(scheduler, 100.0 + number / 100)]
    assert found == [place.device for place in places]
    assert turn(scheduler, 100.1) == []


def test_a_turn_asks_the_database_for_all_at_once(scheduler: AckScheduler, database: FakeDatabase) -> None:
    """However many devices wait, and however many do not send what they were asked for."""
    places = devices(5_000)
    for place in places:
        scheduler.presence(place, online=True)
    assert len(turn(scheduler, 100.0)) == WINDOW
    assert database.asked <= 2
    database.holes = {EpochKey(place, "e1"): (Range(2, 8),) for place in places}
    now = 100.0
    while not database.given_up:
        now += 100.0
        database.asked = 0
        turn(scheduler, now)
    assert len(database.given_up) > 1
    assert database.asked <= 4


def test_no_more_marks_are_read_than_can_be_published(
    scheduler: AckScheduler, database: FakeDatabase
) -> None:
    """A collector that is busy says how many it takes; the others keep their turn."""
    scheduler.touched([EpochKey(place, "e1") for place in devices(50)])
    found = [message.topic for message in islice(scheduler.messages(100.0, 100.0, at_once=5), 5)]
    assert database.marks_read == 5
    assert found == [f"maskgate/{place.site}/{place.device}/ack" for place in devices(5)]
    assert len(turn(scheduler, 100.0, room=100)) == 45


def test_a_device_that_sends_all_the_time_holds_up_nobody(scheduler: AckScheduler) -> None:
    """It waits its second behind those that became due before."""
    busy, *others = (EpochKey(place, "e1") for place in devices(50))
    found: list[str] = []
    scheduler.touched([busy, *others])
    for number in range(30):
        scheduler.touched([busy])
        found += turn(scheduler, 100.0 + number / 10, room=5)
    assert set(found) == {one.place.device for one in (busy, *others)}
    assert found.count(busy.place.device) <= 3 / PAUSE_S
    assert all(found.count(one.place.device) == 1 for one in others)


def test_a_message_that_is_not_taken_stays_due(scheduler: AckScheduler) -> None:
    """And one that is taken is not due again."""
    scheduler.touched([EpochKey(place, "e1") for place in devices(3)])
    assert [turn(scheduler, 100.0, room=1) for _ in range(4)] == [
        ["door00000"],
        ["door00001"],
        ["door00002"],
        [],
    ]
    assert scheduler.wait(100.0) is None


def test_holes_are_asked_for_until_they_are_given_up(scheduler: AckScheduler, database: FakeDatabase) -> None:
    """The scheduler says when it comes back, and comes back for nothing else."""
    epoch_key = EpochKey(devices(1)[0], "e1")
    database.holes[epoch_key] = (Range(2, 8),)
    scheduler.touched([epoch_key])
    now, turns = 100.0, 0
    while (wait := scheduler.wait(now)) is not None and turns < 100:
        now += wait
        turns += len(turn(scheduler, now))
    assert database.given_up == [epoch_key]
    assert turns == 8


def test_a_device_that_is_gone_is_not_asked(scheduler: AckScheduler, database: FakeDatabase) -> None:
    """Until it returns."""
    epoch_key = EpochKey(devices(1)[0], "e1")
    database.holes[epoch_key] = (Range(2, 8),)
    scheduler.touched([epoch_key])
    turn(scheduler, 100.0)
    scheduler.presence(epoch_key.place, online=False)
    assert turn(scheduler, 1_000.0) == []
    assert scheduler.wait(1_000.0) is None
    scheduler.presence(epoch_key.place, online=True)
    assert turn(scheduler, 1_001.0) == [epoch_key.place.device]


def test_refusals_cost_nothing_however_many_epochs_are_watched(
    scheduler: AckScheduler, database: FakeDatabase
) -> None:
    """A broker may refuse every message; what was asked for through it does not count as asked."""
    epoch_keys = [EpochKey(place, "e1") for place in devices(2_000)]
    database.holes = dict.fromkeys(epoch_keys, (Range(2, 8),))
    scheduler.touched(epoch_keys)
    turn(scheduler, 100.0, room=len(epoch_keys))
    now = 100.0
    for _ in range(2 * ATTEMPTS):
        now += 10_000.0
        for _ in range(20_000):
            scheduler.refused()
        turn(scheduler, now, room=len(epoch_keys))
    assert database.given_up == []
