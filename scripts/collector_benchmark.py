"""Measures `maskgate collect` while many devices return at once: when each gets its ack, and the memory.

Start a broker that keeps no session of an earlier run, without a limit of queued messages, and give an empty
database:

    python scripts/collector_benchmark.py --broker 127.0.0.1:1883 --database sqlite:////tmp/load.db

The devices share a few connections. Each says `online` and publishes its events, and connections have at
most 20 messages each that the broker has not acknowledged, like a device. An ack is timed from the
broker's answer to a device's last event until the mark covers all of them. At the end every event is looked
for in the database.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import selectors
import signal
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import asdict, dataclass
from pathlib import Path

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.collector.database import Queries, open_database
from edge.messages.payloads import encode, event_payload
from edge.messages.topics import ONLINE, Topics
from edge.types import Event, EventId, Outcome, Verdict

CONNECTIONS = 20
WINDOW = 20
"""Messages of a connection that the broker has not acknowledged; what Mosquitto allows by default."""
CONNECT = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00"
PUBLISH_QOS_1, PUBACK = 0x32, 0x40
PATIENCE_S = 900.0
READY_S = 60.0


@dataclass(frozen=True)
class CollectorUsage:
    """What one collector took."""

    cpu_s: float
    memory_before_mib: float
    memory_most_mib: float


@dataclass(frozen=True)
class Outcomes:
    """What came of one run; times in seconds."""

    devices: int
    events: int
    published_s: float
    all_acknowledged_s: float
    acknowledged: int
    stored: int
    rejected: int
    ack_median_s: float
    ack_p99_s: float
    ack_longest_s: float
    collectors: tuple[CollectorUsage, ...]
    load_before: float
    machine: str


class Publisher:
    """One connection: publishes for some devices. Its packets are made before: it takes little time."""

    def __init__(self, address: tuple[str, int], messages: Iterator[tuple[str, bytes, str]]) -> None:
        self.answered: dict[str, float] = {}
        self.unanswered = 0
        self._packets = deque(
            (_publish(topic, payload, number % 60_000 + 1), last)
            for number, (topic, payload, last) in enumerate(messages)
        )
        self._last: deque[str] = deque()
        self._read = b""
        self.socket = socket.create_connection(address)
        self.socket.sendall(CONNECT)
        self._read_connack()

    @property
    def done(self) -> bool:
        """Whether the broker has answered everything."""
        return not self._packets and not self.unanswered

    def send(self) -> None:
        """Sends what there is room for."""
        ready = []
        while self._packets and self.unanswered < WINDOW:
            packet, last = self._packets.popleft()
            ready.append(packet)
            self._last.append(last)
            self.unanswered += 1
        if ready:
            self.socket.sendall(b"".join(ready))

    def receive(self) -> None:
        """Takes answers: a broker acknowledges in the order in which it was sent."""
        self._read += self.socket.recv(65_536)
        now = time.monotonic()
        while len(self._read) >= 2 and len(self._read) >= 2 + self._read[1]:
            kind, self._read = self._read[0], self._read[2 + self._read[1] :]
            if kind != PUBACK:
                sys.exit(f"the broker sends packet {kind:#x}")
            self.unanswered -= 1
            if last := self._last.popleft():
                self.answered[last] = now

    def _read_connack(self) -> None:
        while len(self._read) < 2 or len(self._read) < 2 + self._read[1]:
            self._read += self.socket.recv(1)
        if self._read[3]:
            sys.exit("the broker refuses the connection")
        self._read = b""


class Devices:
    """All simulated devices."""

    def __init__(self, address: tuple[str, int], count: int, each: int) -> None:
        self.count, self.each = count, each
        self.acknowledged: dict[str, float] = {}
        self.done = threading.Event()
        self._publishers = [
            Publisher(address, self._messages(range(first, count, CONNECTIONS)))
            for first in range(CONNECTIONS)
        ]
        subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.on_message = self._on_ack
        self._client.on_subscribe = lambda *_: subscribed.set()
        self._client.connect(*address)
        self._client.subscribe("maskgate/+/+/ack", qos=0)
        self._client.loop_start()
        if not subscribed.wait(READY_S):
            sys.exit("the broker does not confirm a subscription")

    def publish(self) -> None:
        """Publishes all, each connection at its pace."""
        with selectors.DefaultSelector() as selector:
            for publisher in self._publishers:
                selector.register(publisher.socket, selectors.EVENT_READ, publisher)
                publisher.send()
            while not all(publisher.done for publisher in self._publishers):
                for key, _ in selector.select(PATIENCE_S):
                    key.data.receive()
                    key.data.send()

    def waits(self) -> list[float]:
        """How long each device waited for its ack, in order."""
        answered = {name: at for publisher in self._publishers for name, at in publisher.answered.items()}
        return sorted(max(at - answered[name], 0.0) for name, at in self.acknowledged.items())

    def _messages(self, numbers: range) -> Iterator[tuple[str, bytes, str]]:
        """Topic, payload, and the device whose last event it is: a round of all after the other."""
        for number in numbers:
            yield topics_of(number).availability, ONLINE, ""
        for sequence in range(1, self.each + 1):
            for number in numbers:
                topics = topics_of(number)
                payload = encode(event_payload(event(topics.device, sequence)))
                yield topics.event, payload, topics.device if sequence == self.each else ""

    def _on_ack(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        device = message.topic.split("/")[2]
        if json.loads(message.payload)["contiguous"] >= self.each and device not in self.acknowledged:
            self.acknowledged[device] = time.monotonic()
            if len(self.acknowledged) == self.count:
                self.done.set()


def _publish(topic: str, payload: bytes, number: int) -> bytes:
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!HB", number, 0) + payload
    length = len(body)
    digits = bytearray()
    while True:
        length, digit = divmod(length, 128)
        digits.append(digit | (0x80 if length else 0))
        if not length:
            return bytes((PUBLISH_QOS_1,)) + bytes(digits) + body


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


def cpu_s(pid: int) -> float:
    """Processor time that a process has taken."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def start(options: argparse.Namespace) -> list[subprocess.Popen[str]]:
    """Starts what is to be measured, one after the other, and waits until each listens."""
    running = []
    for number in range(options.collectors):
        command = [sys.executable, "-m", "edge", "collect", "--broker", options.broker]
        command += ["--database", options.database]
        if options.collectors > 1:
            command += ["--instance", str(number), "--share", "load"]
        process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)  # noqa: S603
        running.append(process)
        listening = threading.Event()
        threading.Thread(target=_pass_on, args=(process.stderr, listening), daemon=True).start()
        if not listening.wait(READY_S):
            sys.exit("a collector does not listen; see what it says above")
    return running


def _pass_on(log: Iterable[str], listening: threading.Event) -> None:
    """Shows what a collector logs, but for its first line."""
    for line in log:
        if "listening to" in line:
            listening.set()
        else:
            sys.stderr.write(line)


def measure(options: argparse.Namespace) -> Outcomes:
    """One run, from start to the last ack."""
    host, _, port = options.broker.rpartition(":")
    load_before = os.getloadavg()[0]
    running = start(options)
    try:
        before = [(memory_mib(process.pid), cpu_s(process.pid)) for process in running]
        devices = Devices((host, int(port)), options.devices, options.events)
        began = time.monotonic()
        devices.publish()
        published = time.monotonic() - began
        devices.done.wait(PATIENCE_S)
        took = time.monotonic() - began
        used = tuple(
            CollectorUsage(cpu_s(process.pid) - cpu, memory, memory_mib(process.pid))
            for process, (memory, cpu) in zip(running, before, strict=True)
        )
    finally:
        for process in running:
            process.send_signal(signal.SIGTERM)
            process.wait(30)
    with closing(open_database(options.database, create=False)) as opened:
        reading = Queries(opened)
        stored, rejected = sum(one.events for one in reading.epoch_statuses()), reading.rejected()
    waits = devices.waits() or [float("nan")]
    return Outcomes(
        devices=options.devices,
        events=options.devices * options.events,
        published_s=round(published, 2),
        all_acknowledged_s=round(took, 2),
        acknowledged=len(devices.acknowledged),
        stored=stored,
        rejected=rejected,
        ack_median_s=round(statistics.median(waits), 2),
        ack_p99_s=round(waits[int(0.99 * (len(waits) - 1))], 2),
        ack_longest_s=round(waits[-1], 2),
        collectors=used,
        load_before=round(load_before, 2),
        machine=f"{os.cpu_count()} CPUs, {platform.machine()}, Python {platform.python_version()}",
    )


def table(found: Outcomes) -> str:
    """For people."""
    lines = [
        found.machine + f", load {found.load_before} before the run",
        f"{found.devices} devices, {found.events} events, {len(found.collectors)} collector(s)",
        f"published in {found.published_s} s; all acknowledged after {found.all_acknowledged_s} s",
        f"acknowledged {found.acknowledged} of {found.devices} devices; stored {found.stored} of "
        f"{found.events} events, {found.rejected} rejected",
        f"ack: median {found.ack_median_s} s, 99 % {found.ack_p99_s} s, longest {found.ack_longest_s} s",
    ]
    lines += [
        f"collector: {one.cpu_s:.1f} s of processor, {one.memory_before_mib:.0f} MiB before, "
        f"{one.memory_most_mib:.0f} MiB at most"
        for one in found.collectors
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures, and prints what was found; ends with 1 where a device or event is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", default="127.0.0.1:1883")
    parser.add_argument("--database", required=True)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=10, help="of each device")
    parser.add_argument("--collectors", type=int, default=1, help="more than one divide the events")
    parser.add_argument("--json", dest="as_json", action="store_true", help="for programs")
    options = parser.parse_args()
    found = measure(options)
    print(json.dumps(asdict(found), indent=1) if options.as_json else table(found))
    sys.exit(found.acknowledged < found.devices or found.stored != found.events)


if __name__ == "__main__":
    main()
