"""A device that is killed amid its writes: what it had stored is there, and it starts again."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from edge import messages
from edge.spool import Limits, Reason, Spool
from tests.builders import event
from tests.faults.power import ROOT


def kill_once(path: Path, seed: int) -> tuple[int, int]:
    """Runs a device until some moment; the number it began after and the last that it said is stored."""
    device = [sys.executable, "-m", "tests.faults.writer", str(path), "for-ever", str(seed), "0", "FULL"]
    with subprocess.Popen(device, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        word, _, last = process.stdout.readline().split()
        assert word == "open"
        time.sleep(Random(seed).random() * 0.3)
        process.kill()
        rest = process.stdout.read().splitlines()
    stored = [int(line.split()[1]) for line in rest if line.startswith("stored ") and line[-1].isdigit()]
    # The last line may be torn.
    return int(last), max(stored[:-1], default=int(last))


def kill_often(path: Path, times: int) -> None:
    """Every event that was ever said to be stored is in the file, unchanged; all other numbers are gaps."""
    stored: set[int] = set()
    before = 0
    for seed in range(times):
        began, last = kill_once(path, seed)
        assert began >= max(stored, default=0)
        assert began >= before
        stored.update(range(began + 1, last + 1))
        before = began
    with closing(Spool.open(path, limits=Limits(max_events=10**6))) as spool:
        found = {item.sequence: item.payload for item in spool.unsent(0, 10**7)}
        gaps = spool.unsent_gaps(10**6)
        assert spool.problem == ""
        assert spool.run == times + 1
    assert stored <= found.keys()
    lost = {number for gap in gaps for number in range(gap.first, (gap.last or 0) + 1)}
    assert {gap.reason for gap in gaps} == {Reason.RESTART}
    assert len({gap.number for gap in gaps}) == len(gaps) == times
    assert not lost & found.keys()
    assert lost | found.keys() == set(range(1, spool.last_sequence + 1))
    assert all(found[n] == messages.encode(messages.event_payload(event(n))) for n in found)


def test_a_killed_device_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL at any moment, 20 times on one spool."""
    kill_often(tmp_path / "spool.db", 20)


@pytest.mark.faults
@pytest.mark.timeout(3_600)
def test_a_device_killed_500_times_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL at any moment, 500 times on one spool."""
    kill_often(tmp_path / "spool.db", 500)
