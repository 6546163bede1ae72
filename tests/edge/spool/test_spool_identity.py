"""What was decided under a name keeps it: another name is another epoch."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

import pytest

from edge.pipeline.events import EventFactory, EventSource
from edge.spool import Spool
from edge.spool.records import GENERATION_BITS
from edge.spool.storage.schema import FORMAT
from edge.types import DeviceKey, Reason
from tests.support import builders
from tests.support.builders import limits

GATE, NORTH, MOVED = DeviceKey("works", "gate"), DeviceKey("works", "gate-north"), DeviceKey("plant", "gate")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool.db"


def open_as(path: Path, origin: DeviceKey | None) -> Spool:
    return Spool.open(path, limits(), origin=origin)


def decide(spool: Spool, origin: DeviceKey, count: int) -> None:
    """Appends events as the pipeline makes them."""
    source = EventSource(origin.device, spool.epoch, str(spool.run), "1.0", origin.site)
    factory = EventFactory(source, spool.last_sequence, lambda: True)
    for number in range(1, count + 1):
        spool.append(factory.make(builders.verdict(number=number)))
    spool.flush()


def names(spool: Spool) -> list[tuple[str, str, int]]:
    """What the topic, the event and the sequence of each unsent event say, and that the first two agree."""
    found = []
    for stored in spool.unsent(-1, 100):
        members = json.loads(stored.payload)
        assert stored.origin == DeviceKey(members["site"], members["device"])
        found.append((members["site"], members["device"], members["sequence"]))
    return found


@pytest.mark.parametrize("later", [NORTH, MOVED])
def test_another_name_begins_another_epoch(path: Path, later: DeviceKey) -> None:
    """What waits keeps its own name and number, and comes first; the new name counts from 1."""
    with closing(open_as(path, GATE)) as spool:
        decide(spool, GATE, 3)
        epoch = spool.epoch
    with closing(open_as(path, later)) as spool:
        assert spool.epoch != epoch
        assert spool.last_sequence == 0
        decide(spool, later, 2)
        assert names(spool) == [
            *((GATE.site, GATE.device, number) for number in (1, 2, 3)),
            *((later.site, later.device, number) for number in (1, 2)),
        ]
        assert set(spool.origins()) == {GATE, later}
    with closing(open_as(path, later)) as spool:
        assert spool.last_sequence == 2


def test_the_same_name_goes_on(path: Path) -> None:
    """An epoch outlives starts, also one of a tool that says no name."""
    epochs = set()
    for origin in (GATE, None, GATE):
        with closing(open_as(path, origin)) as spool:
            epochs.add(spool.epoch)
    assert len(epochs) == 1


def test_a_name_that_comes_back_begins_a_third_epoch(path: Path) -> None:
    """The numbers between are nobody's."""
    epochs = []
    for origin in (GATE, NORTH, GATE):
        with closing(open_as(path, origin)) as spool:
            decide(spool, origin, 1)
            epochs.append(spool.epoch)
    assert len(set(epochs)) == 3
    with closing(open_as(path, GATE)) as spool:
        assert [one[:2] for one in names(spool)] == [
            ("works", "gate"),
            ("works", "gate-north"),
            ("works", "gate"),
        ]


def test_gaps_have_the_name_of_their_numbers(path: Path) -> None:
    """Also those of an end without notice before the name changed, and of a replay after it."""
    with closing(open_as(path, GATE)) as spool:
        decide(spool, GATE, 3)
        epoch = spool.epoch
        killed = {file.name: file.read_bytes() for file in path.parent.iterdir() if file.is_file()}
    for name, content in killed.items():
        (path.parent / name).write_bytes(content)
    with closing(open_as(path, NORTH)) as spool:
        (restart,) = spool.unsent_gaps(10)
        assert (restart.epoch, restart.origin, restart.reason) == (epoch, GATE, Reason.RESTART)
        assert restart.first == 4
        spool.give_up([stored.position for stored in spool.unsent(-1, 1)])
        decide(spool, NORTH, 1)
        assert [(gap.origin, gap.first) for gap in spool.unsent_gaps(10)] == [(GATE, 4), (GATE, 1)]
        assert spool.replay(1, 1, epoch).again == 1


def test_events_of_an_earlier_name_are_sent_again_under_it(path: Path) -> None:
    """Its epoch is named with the replay."""
    with closing(open_as(path, GATE)) as spool:
        decide(spool, GATE, 2)
        epoch = spool.epoch
        spool.mark_sent(stored.position for stored in spool.unsent(-1, 10))
    with closing(open_as(path, NORTH)) as spool:
        assert names(spool) == []
        assert spool.replay(1, 2, epoch).again == 2
        assert names(spool) == [("works", "gate", 1), ("works", "gate", 2)]


def to_format_2(path: Path, payloads: Iterable[tuple[str, object]] = ()) -> None:
    """Makes the file what an earlier version wrote: no names of epochs, and no sites in events."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("ALTER TABLE epoch DROP COLUMN site")
        db.execute("ALTER TABLE epoch DROP COLUMN device")
        for column in ("came_in", "went_out", "direction_unknown"):
            db.execute(f"ALTER TABLE minute DROP COLUMN {column}")
        db.execute("PRAGMA user_version = 2")
    numbers = path.with_name("spool.db.numbers")
    assert numbers.exists()
    numbers.unlink()


@pytest.mark.parametrize("later", [DeviceKey("works", "door"), DeviceKey("works", "gate-north")])
def test_a_file_of_format_2_is_brought_up_to_date(path: Path, later: DeviceKey) -> None:
    """Its events say which device has decided them; the site is taken to be the present one."""
    with closing(Spool.open(path, limits())) as spool:
        for number in (1, 2):
            spool.append(builders.event(number))
        spool.flush()
        epoch = spool.epoch
    to_format_2(path)
    with closing(open_as(path, later)) as spool:
        assert {stored.origin for stored in spool.unsent(-1, 10)} == {DeviceKey("works", "door")}
        assert (spool.epoch == epoch) == (later.device == "door")
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA user_version").fetchone() == (FORMAT,)


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(bytes(range(256)) * 16)


@pytest.mark.parametrize("gone", [False, True])
def test_a_damaged_or_lost_file_of_another_name(path: Path, gone: bool) -> None:
    """What is recovered, and the gaps of the rest, have the name under which they were decided."""
    with closing(open_as(path, GATE)) as spool:
        decide(spool, GATE, 40)
        epoch = spool.epoch
    if gone:
        path.unlink()
    else:
        damage(path)
    with closing(open_as(path, NORTH)) as spool:
        assert spool.epoch != epoch
        left = [*spool.unsent_gaps(10), *spool.unsent(-1, 100)]
        assert left
        assert {one.origin for one in left} == {GATE}
        decide(spool, NORTH, 1)
        assert names(spool)[-1] == ("works", "gate-north", 1)


def test_positions_go_on_upwards(path: Path) -> None:
    """A reader that goes forward only finds what a new name decides behind all that was there."""
    with closing(open_as(path, GATE)) as spool:
        decide(spool, GATE, 1)
        before = spool.newest()
    with closing(open_as(path, NORTH)) as spool:
        assert spool.newest() >> GENERATION_BITS == (before >> GENERATION_BITS) + 1
