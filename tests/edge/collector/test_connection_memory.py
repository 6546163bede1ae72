"""What a collector's connection keeps in memory while nothing can be stored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from edge.collector.connection import MAX_PACKET_BYTES, SESSION
from edge.mqtt.network_state import MAX_WAITING_BYTES
from tests.support.raw_broker import CONNACK, publish, raw_broker

MEASURE = """
import sys, time
from edge.collector.connection import connect_options
from edge.mqtt.broker import Broker
from edge.mqtt.client import connect

def high_water() -> int:
    return next(int(line.split()[1]) for line in open("/proc/self/status") if line.startswith("VmHWM"))

before, events = high_water(), []
connection = connect(Broker("127.0.0.1", int(sys.argv[1])), None, connect_options("me"), events.append)
while len(events) <= int(sys.argv[2]): time.sleep(0.01)
print((high_water() - before) // 1024, len(events) - 1)
connection.close()
"""


LARGE, SMALL = MAX_PACKET_BYTES - 20, 100


def flood(size: int) -> Iterator[bytes]:
    """More messages than are read before the first is acknowledged."""
    yield CONNACK
    for mid in range(1, 2 * SESSION.receive_maximum, 100):
        yield b"".join(publish(1, mid + number, bytes(size)) for number in range(100))


@pytest.mark.parametrize(
    ("size", "expected"), [(LARGE, MAX_WAITING_BYTES // LARGE), (SMALL, SESSION.receive_maximum)]
)
def test_a_broker_cannot_fill_the_memory(size: int, expected: int) -> None:
    """As much as a hostile broker can send before the first is acknowledged is less than 32 MB."""
    with raw_broker(lambda: flood(size)) as port:
        found = subprocess.run(
            [sys.executable, "-c", MEASURE, str(port), str(expected)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    grown, messages = map(int, found.stdout.split())
    # The topic counts, too.
    assert expected <= messages <= expected + 1
    assert grown < 32
