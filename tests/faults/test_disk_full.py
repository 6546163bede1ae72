"""A full disk: the device lives, and counts exactly what it loses."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from random import Random

import pytest

from edge.errors import SpoolError
from edge.spool import Spool, writer
from edge.types import Reason
from tests.faults.results import longest, note, seconds_since
from tests.support.builders import event, limits
from tests.support.mosquitto import wait_until
from tests.support.spools import full_disk

DISK_BYTES = 16 << 20
WAITING = 100


@contextmanager
def small_disk(directory: Path) -> Iterator[Path]:
    """A file system of 16 MiB in memory."""
    directory.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES}", "maskgate-test", str(directory)]
    if os.geteuid() != 0 or subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs root")
    try:
        yield directory
    finally:
        subprocess.run(["umount", str(directory)], check=True)


@contextmanager
def ballast(directory: Path) -> Iterator[None]:
    """Nothing more fits onto the disk."""
    file = directory / "ballast"
    with file.open("wb", buffering=0) as out:
        for size in (65_536, 4_096, 512):
            try:
                while True:
                    out.write(bytes(size))
            except OSError:
                continue
    try:
        yield
    finally:
        file.unlink()


def append(spool: Spool, last: int, number: int) -> int:
    """Appends so many events; the last sequence."""
    for sequence in range(last + 1, last + 1 + number):
        spool.append(event(sequence))
    return last + number


def account(spool: Spool, last: int, sent: int = 0) -> int:
    """Every number that was not sent is stored or in a gap; how many are in gaps, as the counter says."""
    spool.flush()
    there = {item.position for item in spool.unsent(0, 10**6)}
    gaps = spool.unsent_gaps(10**6)
    lost = {n for gap in gaps for n in range(gap.first, (gap.last or 0) + 1) if gap.reason is Reason.DISK}
    assert there | {n for n in lost if n > sent} == set(range(sent + 1, last + 1))
    assert not there & lost
    assert spool.figures().dropped == len(lost)
    return len(lost)


def test_a_full_disk_is_accounted_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times no file may grow: what memory cannot hold is counted, durably, and the rest is stored."""
    monkeypatch.setattr(writer, "MOST_WAITING", WAITING)
    path, last = tmp_path / "spool.db", 0
    with closing(Spool.open(path, limits())) as spool:
        for cycle in range(3):
            with full_disk(path.stat().st_size):
                last = append(spool, last, 150)
                with pytest.raises(SpoolError):
                    spool.flush()
                assert spool.depth() >= WAITING
            account(spool, last)
            assert spool.figures().dropped == 50 * (cycle + 1)
    with closing(Spool.open(path, limits())) as again:
        account(again, last)
        assert again.problem == ""


@pytest.mark.faults
@pytest.mark.timeout(1_800)
def test_a_disk_that_is_full_20_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a real small disk: alive, exactly accounted for, and writing within 5 s of there being room."""
    monkeypatch.setattr(writer, "MOST_WAITING", WAITING)
    chance, last, sent, back = Random(1), 0, 0, []
    bounds = limits(max_bytes=12 << 20)
    with (
        small_disk(tmp_path / "disk") as disk,
        closing(Spool.open(disk / "spool.db", bounds)) as spool,
    ):
        for _ in range(20):
            with ballast(disk):
                while not spool.problem:
                    last = append(spool, last, 20)
                    with suppress(SpoolError):
                        spool.flush()
                last = append(spool, last, chance.randint(0, 500))
            room = time.monotonic()
            wait_until(lambda: spool.problem == "")
            back.append(seconds_since(room))
            missing = account(spool, last, sent)
            dropped = spool.figures().dropped
            spool.mark_sent(item.position for item in spool.unsent(0, 10**6))
            spool.flush()
            sent = last
    note("disk full", 20, events=last, missing=missing, counted=dropped, back_within_s=longest(back))
    assert max(back) < 5
