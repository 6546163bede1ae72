"""What a slow broker, and a backlog without end, do to the rest."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from edge.config import Config
from edge.daemon.factory import open_vision
from edge.spool import Spool
from tests.conftest import MakeBroker
from tests.faults.device import device
from tests.faults.results import memory_mib, note, seconds_since
from tests.faults.seeing import Times, Watcher, in_turn
from tests.support.builders import limits
from tests.support.mosquitto import Mosquitto, wait_until
from tests.support.scripted_broker import ScriptedBroker, Terms


def be_slow(directory: Path, times: int, blocks: int, seconds: float) -> tuple[float, Times, Times]:
    """Blocks with a broker that answers once a second, and blocks without a sender, in turn.

    Gives the memory that was gained in MiB, and the times of both.
    """
    vision = open_vision(Config())
    slow, calm = Times(), Times()
    gained = []
    for cycle in range(times):
        with ExitStack() as stack:
            broker = stack.enter_context(ScriptedBroker(terms=Terms(delay_s=1.0)))
            sender = stack.enter_context(device(directory / f"slow{cycle}.db", broker.port))
            spool = stack.enter_context(closing(Spool.open(directory / f"calm{cycle}.db", limits())))
            troubled, alone = Watcher(vision, sender.spool), Watcher(vision, spool)
            in_turn(troubled, alone, 1, seconds)
            before = memory_mib()
            troubled.times, alone.times = slow, calm
            in_turn(troubled, alone, blocks, seconds)
            gained.append(memory_mib() - before)
            assert sender.uplink.connected
            assert 0 < len(broker.sequences) < troubled.passes
    note(
        "slow broker, 1 acknowledgement per s", times, each_for_s=round(blocks * seconds),
        memory_gained_mib=round(max(gained), 2), frame_p99_ms=slow.frame_p99_ms,
        without_ms=calm.frame_p99_ms,
    )  # fmt: skip
    return max(gained), slow, calm


def test_a_slow_broker_takes_what_it_can(tmp_path: Path) -> None:
    """Some seconds of it: memory stays, and the connection too."""
    gained, _, _ = be_slow(tmp_path, 1, 1, 3.0)
    assert gained < 5.0


@pytest.mark.faults
@pytest.mark.timeout(5_400)
def test_a_slow_broker_for_ten_minutes(tmp_path: Path) -> None:
    """Three times ten minutes: at most 5 MB more, frames as fast as without."""
    gained, slow, calm = be_slow(tmp_path, 3, 40, 15.0)
    assert gained < 5.0
    assert slow.frame_p99_ms < 1.1 * calm.frame_p99_ms


@contextmanager
def listener(port: int, file: Path) -> Iterator[None]:
    """A process that writes arrival time and payload of each event to a file."""
    program = shutil.which("mosquitto_sub")
    if program is None:
        pytest.skip("mosquitto_sub is not installed; on Debian: apt-get install mosquitto-clients")
    command = [program, "-p", str(port), "-V", "mqttv5", "-q", "1", "-t", "maskgate/+/+/event", "-F", "%U %p"]
    with file.open("wb") as out, subprocess.Popen(command, stdout=out) as process:
        time.sleep(1.0)
        try:
            yield
        finally:
            process.terminate()


def heard(file: Path) -> Iterator[tuple[int, float]]:
    """Number and arrival of each event."""
    for line in file.read_text().splitlines():
        number = line.partition('"sequence":')[2].partition(",")[0]
        yield int(number), float(line.split(" ", 1)[0])


def catch_up(directory: Path, broker: Mosquitto, backlog: int) -> dict[str, float]:
    """A backlog goes out while new events are decided, one in half a second."""
    path, file = directory / "spool.db", directory / "heard"
    with device(path, 1) as offline:
        for _ in range(backlog // 1000):
            offline.decide(1000)
    decided: dict[int, float] = {}
    before = peak = memory_mib()
    with listener(broker.port, file), device(path, broker.port) as sender:
        began, sender.last = time.monotonic(), backlog
        wait_until(lambda: sender.uplink.connected)
        while not decided or sender.spool.depth():
            if seconds_since(began) >= len(decided) / 2:
                decided[sender.last + 1] = time.time()
                sender.append(1)
            time.sleep(0.02)
            peak = max(peak, memory_mib())
        took = seconds_since(began)
        wait_until(lambda: file.read_bytes().count(b"\n") >= sender.last, 60)
    arrivals = list(heard(file))
    numbers = list(dict.fromkeys(number for number, _ in arrivals))
    old = [number for number in numbers if number <= backlog]
    new = [number for number in numbers if number > backlog]
    assert old == list(range(1, backlog + 1))
    assert new == list(range(backlog + 1, sender.last + 1))
    first = dict(reversed(arrivals))
    late = max(first[number] - at for number, at in decided.items())
    return {
        "a_second": round(backlog / took),
        "memory_mib": round(peak - before, 1),
        "new_within_s": round(late, 2),
    }


def test_a_backlog_lets_new_events_pass(tmp_path: Path, make_broker: MakeBroker) -> None:
    """5,000 events that waited, each lane in its order, a new event within 2 s."""
    broker = make_broker("max_queued_messages 0", "max_inflight_messages 0").start()
    found = catch_up(tmp_path, broker, 5_000)
    note("backlog of 5,000", 1, **found)
    assert found["new_within_s"] < 2.0
    assert found["memory_mib"] < 64


@pytest.mark.faults
@pytest.mark.timeout(5_400)
@pytest.mark.parametrize("cycle", range(3))
def test_a_backlog_of_a_million(tmp_path: Path, make_broker: MakeBroker, cycle: int) -> None:
    """A million: at least 10,000 a second, at most 64 MB more, a new event within 2 s."""
    broker = make_broker("max_queued_messages 0", "max_inflight_messages 0").start()
    found = catch_up(tmp_path, broker, 1_000_000)
    note("backlog of 1,000,000", 1, **found)
    assert found["new_within_s"] < 2.0
    assert found["memory_mib"] < 64
    assert found["a_second"] >= 10_000
