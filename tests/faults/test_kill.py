"""A device that is killed amid its writes: what it had stored is there, and it starts again."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from edge.messages import payloads
from edge.spool import Spool
from edge.types import Reason
from tests.faults.device import device
from tests.faults.gathering import REPLAY_S, collector, gathered
from tests.faults.results import longest, note, seconds_since
from tests.support.builders import event, limits
from tests.support.mosquitto import Mosquitto, wait_until
from tests.support.paths import ROOT

READY_LIMIT_S = 3.0
PATIENCE_S = 30.0


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


def ready_once(path: Path) -> float:
    """Starts the daemon on that spool, with its models, and kills it too; seconds until it is ready."""
    config, address = path.with_name("config.toml"), path.with_name("notify")
    config.write_text(
        f'[spool]\npath = "{path}"\nmax_events = 1000000\n[mqtt]\nenabled = false\n'
        '[device]\nname = "door"\n[camera]\nsource = "/dev/video99"\n'
    )
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(PATIENCE_S)
        began = time.monotonic()
        with subprocess.Popen(
            [sys.executable, "-m", "edge", "run", "--config", str(config)],
            cwd=ROOT,
            env={**os.environ, "NOTIFY_SOCKET": str(address)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as daemon:
            assert listener.recv(256).startswith(b"READY=1")
            ready = seconds_since(began)
            daemon.kill()
    return ready


def kill_often(path: Path, broker: Mosquitto, times: int) -> float:
    """Every event that was ever said to be stored is in the file, unchanged, and then reaches a collector.

    Gives the longest time until the daemon was ready.
    """
    stored: set[int] = set()
    before, ready = 0, []
    for seed in range(times):
        began, last = kill_once(path, seed)
        assert began >= max(stored, default=0)
        assert began >= before
        stored.update(range(began + 1, last + 1))
        before = began
        ready.append(ready_once(path))
    kept = check(path, stored)
    note(
        "SIGKILL of the device amid its writes", times, **deliver(path, broker, kept),
        daemon_ready_within_s=longest(ready), starts_over_the_limit=sum(one > READY_LIMIT_S for one in ready),
    )  # fmt: skip
    return max(ready)


def deliver(path: Path, broker: Mosquitto, kept: set[int]) -> dict[str, int]:
    """Has the spool sent to a collector that acknowledges; what of it is in its database."""
    database = path.with_name("events.db")
    with (
        collector(broker.port, database),
        device(path, broker.port, accept_ack=True) as sender,
    ):
        wait_until(lambda: sender.spool.depth() == 0, REPLAY_S)
        return gathered({f"door/e1/{number}" for number in kept}, database)


def check(path: Path, stored: set[int]) -> set[int]:
    """Judges a spool after kills: what was stored is there as it was written, all other numbers are gaps.

    Gives all that is there: the last events may have been stored before the device could say so.
    """
    with closing(Spool.open(path, limits(max_events=10**6))) as spool:
        found = {item.position: item.payload for item in spool.unsent(0, 10**7)}
        gaps = spool.unsent_gaps(10**6)
        assert spool.problem == ""
    gone = {number for gap in gaps for number in range(gap.first, (gap.last or 0) + 1)}
    assert {gap.reason for gap in gaps} <= {Reason.RESTART}
    assert len({gap.number for gap in gaps}) == len(gaps)
    assert not gone & found.keys()
    assert gone | found.keys() == set(range(1, spool.last_sequence + 1))
    assert all(found[n] == payloads.encode(payloads.event_payload(event(n))) for n in found)
    assert stored <= found.keys()
    return set(found)


@pytest.mark.broker
def test_a_killed_device_loses_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    """SIGKILL at any moment, 5 times on one spool, and of the daemon each time it is ready."""
    kill_often(tmp_path / "spool.db", broker, 5)


@pytest.mark.faults
@pytest.mark.broker
@pytest.mark.timeout(7_200)
def test_a_device_killed_500_times_loses_nothing(tmp_path: Path, broker: Mosquitto) -> None:
    """SIGKILL at any moment, 500 times on one spool; the daemon is ready within 3 s each time."""
    assert kill_often(tmp_path / "spool.db", broker, 500) < READY_LIMIT_S
