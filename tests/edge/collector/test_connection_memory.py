"""What a collector's connection keeps in memory while nothing can be stored."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

from edge.collector.connection import MAX_PACKET_BYTES, SESSION
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


def flood() -> Iterator[bytes]:
    """More messages than may be unacknowledged, each as large as it may be."""
    yield CONNACK
    for mid in range(1, 2 * SESSION.receive_maximum):
        yield publish(1, mid, bytes(MAX_PACKET_BYTES - 20))


def test_a_broker_cannot_fill_the_memory() -> None:
    """As much as a hostile broker can send before the first is acknowledged is less than 32 MB."""
    with raw_broker(flood) as port:
        found = subprocess.run(
            [sys.executable, "-c", MEASURE, str(port), str(SESSION.receive_maximum)],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        )
    grown, messages = map(int, found.stdout.split())
    assert messages == SESSION.receive_maximum
    assert grown < 32
