"""Random damage to a spool's files: it starts, and never hides a loss or sends what was not written."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from random import Random

import pytest

from edge.messages import payloads
from edge.spool import Spool
from edge.spool.records import sequence_of
from edge.spool.storage.opening import open_store
from edge.spool.storage.store import EventStore
from tests.faults.power import scratch
from tests.faults.results import note
from tests.support.builders import event, limits
from tests.support.spools import fill

WALL = 1_700_000_000.0
EVENTS = 200
SENT = 60

Harm = Callable[[bytearray, Random], None]


def _flip(content: bytearray, chance: Random) -> None:
    for _ in range(chance.randint(1, 20)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _rubbish(content: bytearray, chance: Random) -> None:
    size = chance.choice((16, 512, 4096, 20_000))
    begin = chance.randrange(len(content))
    end = min(begin + size, len(content))
    content[begin:end] = chance.randbytes(end - begin)


def _zeros(content: bytearray, chance: Random) -> None:
    begin = chance.randrange(len(content)) // 512 * 512
    end = min(begin + chance.choice((512, 4096, 1 << 30)), len(content))
    content[begin:end] = bytes(end - begin)


def _cut(content: bytearray, chance: Random) -> None:
    del content[chance.randrange(len(content)) :]


def _swap(content: bytearray, chance: Random) -> None:
    a, b = (chance.randrange(len(content) // 4096 + 1) * 4096 for _ in range(2))
    first, second = bytes(content[a : a + 4096]), bytes(content[b : b + 4096])
    content[a : a + len(second)], content[b : b + len(first)] = second, first


def _repeat(content: bytearray, chance: Random) -> None:
    content.extend(content[: chance.randrange(len(content))])


def _empty(content: bytearray, _chance: Random) -> None:
    content.clear()


HARMS: tuple[Harm, ...] = (_flip, _rubbish, _zeros, _cut, _swap, _repeat, _empty)


@pytest.fixture(scope="module", params=["closed", "in use"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a spool with 200 events, 60 of them acknowledged: after its end, or amid its life."""
    path = tmp_path_factory.mktemp("whole") / "spool.db"
    with closing(Spool.open(path, limits(), wall=lambda: WALL)) as spool:
        for first in range(1, EVENTS, 10):
            fill(spool, range(first, first + 10))
        spool.mark_sent(range(1, SENT + 1))
        spool.flush()
        found = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    if request.param == "closed":
        found = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    return found


def damage_once(files: dict[str, bytes], seed: int) -> str:
    """Opens a spool after damage; what is wrong with how it dealt with it, empty where nothing is."""
    chance = Random(seed)
    with scratch() as directory:
        for name, content in files.items():
            (directory / name).write_bytes(content)
        victim = chance.choice(sorted(files))
        content = bytearray(files[victim])
        harm = chance.choice(HARMS)
        harm(content, chance)
        (directory / victim).write_bytes(content)
        opened = open_store(directory / "spool.db", WALL, limits())
        try:
            return _judge(opened.store)
        finally:
            opened.store.close(clean=False)


def _judge(store: EventStore) -> str:
    """All events are of the first epoch, also where a rescue has begun a second one."""
    rows = {sequence_of(item.position): item.payload for item in store.unsent(-1, 10_000)}
    gaps = store.unsent_gaps(10_000)
    lost = {n for gap in gaps for n in range(gap.first, (gap.last or EVENTS) + 1)}
    if any(payload != payloads.encode(payloads.event_payload(event(n))) for n, payload in rows.items()):
        return "sends what was not written"
    if hidden := set(range(SENT + 1, EVENTS + 1)) - rows.keys() - lost:
        return f"hides a loss: {sorted(hidden)[:5]}"
    if lost & rows.keys():
        return "announces as lost what it has"
    return ""


@pytest.mark.parametrize("part", range(2))
def test_a_damaged_spool_starts_and_tells(files: dict[str, bytes], part: int) -> None:
    """After each of 100 random damages every event that was not sent is there as written, or announced."""
    for seed in range(25 * part, 25 * part + 25):
        assert damage_once(files, seed) == "", seed


@pytest.mark.faults
@pytest.mark.timeout(3_600)
def test_a_spool_damaged_1000_times_starts_and_tells(files: dict[str, bytes]) -> None:
    """500 damages each to a spool after its end and to one amid its life."""
    wrong = [seed for seed in range(1_000, 1_500) if damage_once(files, seed)]
    note("spool damaged", 500, started=500, losses_not_told=len(wrong))
    assert not wrong
