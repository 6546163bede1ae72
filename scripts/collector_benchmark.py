"""Measures `maskgate collect` while many devices return at once: when each gets its ack, and the memory.

Start a broker, and give an empty database:

    python scripts/collector_benchmark.py --broker 127.0.0.1:1883 --database sqlite:////tmp/load.db

Each simulated device says `online` and publishes its events, all over a few connections. An ack is timed
from the broker's answer to a device's last event until the mark covers all of them.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.messages.payloads import encode, event_payload
from edge.messages.topics import ONLINE, Topics
from edge.types import Event, EventId, Outcome, Verdict

WINDOW = 500
"""Messages of the devices together that the broker has not acknowledged."""
PATIENCE_S = 900.0


class Devices:
    """All simulated devices, over one connection."""

    def __init__(self, address: tuple[str, int], count: int, each: int) -> None:
        self.count, self.each = count, each
        self.sent_at: dict[str, float] = {}
        self.ack_after: dict[str, float] = {}
        self.done = threading.Event()
        self._last: dict[int, str] = {}
        self._room = threading.Semaphore(WINDOW)
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_inflight_messages_set(WINDOW)
        self._client.on_message = self._on_ack
        self._client.on_publish = lambda _client, _data, mid, *_: self._on_puback(mid)
        self._client.connect(*address)
        self._client.subscribe("maskgate/+/+/ack", qos=1)
        self._client.loop_start()

    def publish(self) -> None:
        """Every device says that it is there, and publishes its events, one round of all after the other."""
        for number in range(self.count):
            self._send(topics_of(number).availability, ONLINE, "")
        for sequence in range(1, self.each + 1):
            for number in range(self.count):
                topics = topics_of(number)
                last = topics.device if sequence == self.each else ""
                self._send(topics.event, encode(event_payload(event(topics.device, sequence))), last)

    def _send(self, topic: str, payload: bytes, last: str) -> None:
        self._room.acquire()
        info = self._client.publish(topic, payload, qos=1)
        if last:
            self._last[info.mid] = last
            self.sent_at[last] = time.monotonic()

    def _on_puback(self, mid: int) -> None:
        self._room.release()
        if device := self._last.pop(mid, ""):
            self.sent_at[device] = time.monotonic()

    def _on_ack(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        device = message.topic.split("/")[2]
        if json.loads(message.payload)["contiguous"] >= self.each and device not in self.ack_after:
            self.ack_after[device] = time.monotonic() - self.sent_at[device]
            if len(self.ack_after) == self.count:
                self.done.set()


def topics_of(number: int) -> Topics:
    """A hundred devices at a site."""
    return Topics(f"site{number // 100:03}", f"dev{number:05}")


def event(device: str, sequence: int) -> Event:
    """A verdict of now."""
    verdict = Verdict(
        sequence, 0, Outcome.COMPLIANT, (0.9, 0.08, 0.02), (0.8, 0.0, 0.0), 9, 90, 1.0, time.time()
    )
    return Event(EventId(device, "1-1", sequence), f"1-1-{sequence}", verdict, "1.0.0", clock_synced=True)


def memory_mib(pid: int) -> float:
    """The most that a process ever had in memory."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024


def collectors(options: argparse.Namespace) -> Iterator[subprocess.Popen[bytes]]:
    """Starts what is to be measured."""
    for number in range(options.collectors):
        command = [sys.executable, "-m", "edge", "collect", "--broker", options.broker]
        command += ["--database", options.database]
        if options.collectors > 1:
            command += ["--instance", str(number), "--share", "load"]
        yield subprocess.Popen(command)  # noqa: S603


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", default="127.0.0.1:1883")
    parser.add_argument("--database", required=True)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=10, help="of each device")
    parser.add_argument("--collectors", type=int, default=1)
    options = parser.parse_args()
    host, _, port = options.broker.rpartition(":")
    running = list(collectors(options))
    try:
        time.sleep(5)
        before = [memory_mib(process.pid) for process in running]
        devices = Devices((host, int(port)), options.devices, options.events)
        began = time.monotonic()
        devices.publish()
        published = time.monotonic() - began
        complete = devices.done.wait(PATIENCE_S)
        took = time.monotonic() - began
        after = [memory_mib(process.pid) for process in running]
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    waits = sorted(devices.ack_after.values())
    print(f"machine: {os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}")
    print(f"{options.devices} devices, {options.events} events each, {options.collectors} collector(s)")
    print(
        f"published in {published:.1f} s; {len(waits)} devices acknowledged after {took:.1f} s ({complete=})"
    )
    if waits:
        tail = waits[int(0.99 * (len(waits) - 1))]
        print(f"ack: median {statistics.median(waits):.2f} s, 99 % {tail:.2f} s, longest {waits[-1]:.2f} s")
    for first, last in zip(before, after, strict=True):
        print(f"memory: {first:.0f} MiB before, {last:.0f} MiB at most")


if __name__ == "__main__":
    main()
