"""A disk that refuses while the program runs, a hundred times; the clock is turned on by hand."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from edge.spool import writer
from edge.spool.storage.opening import open_store
from edge.spool.writer import MOST_WAITING, RETRY_S, SpoolWriter
from edge.telemetry.records import Minute
from tests.support.builders import event, limits
from tests.support.spools import WALL


class Disk:
    """A spool on a disk that can be made to refuse, and its time."""

    def __init__(self, path: Path) -> None:
        self.now = 0.0
        self.writer = SpoolWriter(open_store(path, WALL, limits()).store, lambda: WALL + self.now)
        self.told: list[str] = []
        self.writer.listeners += (lambda: self.told.append(self.writer.problem),)

    def refuses(self, refuses: bool) -> None:
        """SQLite writes nothing, as on a card that has become read-only."""
        self.writer.store.db.execute(f"PRAGMA query_only = {int(refuses)}")

    def passes(self, seconds: float) -> None:
        """Lets time pass, and the spool's thread do all that is due."""
        self.now += seconds
        while self.writer._until_commit(self.now) == 0.0:
            self.writer.cycle()

    def stored(self) -> list[int]:
        return [stored.position & 0xFFFF for stored in self.writer.store.unsent(-1, 100_000)]


@pytest.fixture
def disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Disk]:
    made = Disk(tmp_path / "spool.db")
    monkeypatch.setattr(writer, "time", SimpleNamespace(monotonic=lambda: made.now))
    # Pruning has its own time.
    made.writer._prune_at = 1e9
    yield made
    made.writer.store.close(clean=False)


def test_a_hundred_outages_lose_nothing(disk: Disk) -> None:
    """Each is told when it begins and ends; all that was decided is stored within a second of its end."""
    number = 0
    for _ in range(100):
        disk.refuses(True)
        for _ in range(3):
            number += 1
            disk.writer.append(event(number))
            disk.passes(RETRY_S)
        assert "wait in memory" in disk.writer.problem
        assert disk.writer.store.waiting == 3
        disk.refuses(False)
        disk.passes(RETRY_S)
        assert disk.writer.problem == ""
        assert disk.writer.store.waiting == 0
    assert disk.stored() == list(range(1, number + 1))
    assert sum(bool(problem) for problem in disk.told) == 100


def test_a_disk_that_never_comes_back_fills_no_memory(disk: Disk) -> None:
    """The oldest events beyond the bound go, and are one gap once the disk takes something again."""
    disk.refuses(True)
    for number in range(1, MOST_WAITING + 501):
        disk.writer.append(event(number))
    disk.writer.store.pending.add_minute(Minute(60))
    disk.passes(RETRY_S)
    assert disk.writer.store.waiting == MOST_WAITING
    assert len(disk.writer.store.pending.lost) == 1
    disk.refuses(False)
    disk.passes(RETRY_S)
    (gap,) = disk.writer.store.unsent_gaps(10)
    assert (gap.first, gap.last) == (1, 500)
    assert len(disk.stored()) == MOST_WAITING
