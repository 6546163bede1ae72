"""Measures `maskgate collect` while many devices return at once: when each gets its ack, and the memory.

Start a broker that keeps no session of an earlier run, without a limit of queued messages, and give an empty
database:

    python scripts/collector_benchmark.py --broker 127.0.0.1:1883 --database sqlite:////tmp/load.db

The devices share a few connections. Each says `online` and publishes its events, and connections have at
most 20 messages each that the broker has not acknowledged, like a device. An ack is timed from the
broker's answer to a device's last event until the mark covers all of them. At the end every event is looked
for in the database. With `--broker-pid` it also says how much processor time the broker took.
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

from edge.collector.database import Queries, open_database
from edge.messages.payloads import encode, event_payload
from edge.messages.topics import ONLINE, Topics
from edge.mqtt.events import MessageReceived
from edge.mqtt.paho_client import message_of
from edge.types import Event, EventId, Outcome, Verdict

CONNECTIONS = 20
WINDOW = 20
"""Messages of a connection that the broker has not acknowledged; what Mosquitto allows by default."""
CONNECT = b"\x10\x0d\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00"
PUBLISH, PUBLISH_QOS_1, PUBACK, SUBSCRIBE, SUBACK = 0x30, 0x32, 0x40, 0x82, 0x90
ACKS = b"maskgate/+/+/ack"
DESCRIBED = b"\x01\x01\x03\x00\x10application/json"
"""The properties with which a device publishes."""
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
    acks: int
    collectors: tuple[CollectorUsage, ...]
    devices_cpu_s: float
    broker_cpu_s: float | None
    load_before: float
    machine: str


class Peer:
    """A connection to the broker that takes little time, so that the collector is what is measured."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self._read = b""
        self.socket.sendall(CONNECT)
        (_, answer), *_ = self.packets()
        if answer[1]:
            sys.exit("the broker refuses the connection")

    def packets(self) -> list[tuple[int, bytes]]:
        """Waits until something comes; first bytes and contents of the packets that are complete."""
        self._read += self.socket.recv(65_536)
        found, at = [], 0
        while (ends := self._ends(at)) is not None:
            begin, end = ends
            found.append((self._read[at], self._read[begin:end]))
            at = end
        self._read = self._read[at:]
        return found

    def _ends(self, at: int) -> tuple[int, int] | None:
        """Where the content of a packet begins and ends; None where it is not there yet."""
        length = shift = 0
        for place in range(at + 1, len(self._read)):
            length |= (self._read[place] & 0x7F) << shift
            shift += 7
            if self._read[place] < 0x80:
                end = place + 1 + length
                return (place + 1, end) if end <= len(self._read) else None
        return None


class Publisher(Peer):
    """Publishes for some devices; its packets are made before."""

    def __init__(self, address: tuple[str, int], messages: Iterator[tuple[str, bytes, str]]) -> None:
        self.answered: dict[str, float] = {}
        self.unanswered = 0
        self._packets = deque(
            (_publish(topic, payload, number % 60_000 + 1), last)
            for number, (topic, payload, last) in enumerate(messages)
        )
        self._last: deque[str] = deque()
        super().__init__(address)

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
        packets, now = self.packets(), time.monotonic()
        for first, _ in packets:
            if first != PUBACK:
                sys.exit(f"the broker sends packet {first:#x}")
            self.unanswered -= 1
            if last := self._last.popleft():
                self.answered[last] = now


class AckListener(Peer):
    """Hears the acks for all devices, in a thread of its own.

    `acknowledged` says when the mark of a device covered all of its events, `heard` how many acks came.
    """

    def __init__(self, address: tuple[str, int], count: int, each: int) -> None:
        super().__init__(address)
        self.acknowledged: dict[str, float] = {}
        self.heard = 0
        self.done = threading.Event()
        self._count, self._each = count, each
        body = struct.pack("!HBH", 1, 0, len(ACKS)) + ACKS + b"\0"
        self.socket.sendall(bytes((SUBSCRIBE, len(body))) + body)
        if self.packets()[0][0] != SUBACK:
            sys.exit("the broker does not confirm a subscription")
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while not self.done.is_set():
            for first, body in self.packets():
                if first & 0xF0 == PUBLISH:
                    self._hear(message_of(first, body))

    def _hear(self, ack: MessageReceived) -> None:
        self.heard += 1
        device = ack.topic.split("/")[2]
        if json.loads(ack.payload)["contiguous"] >= self._each:
            self.acknowledged.setdefault(device, time.monotonic())
            if len(self.acknowledged) == self._count:
                self.done.set()


class Devices:
    """All simulated devices."""

    def __init__(self, address: tuple[str, int], count: int, each: int) -> None:
        self._count, self._each = count, each
        self._publishers = [
            Publisher(address, self._messages(range(first, count, CONNECTIONS)))
            for first in range(CONNECTIONS)
        ]
        self.listener = AckListener(address, count, each)

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
        return sorted(max(at - answered[name], 0.0) for name, at in self.listener.acknowledged.items())

    def _messages(self, numbers: range) -> Iterator[tuple[str, bytes, str]]:
        """Topic, payload, and the device whose last event it is: a round of all after the other."""
        for number in numbers:
            yield topics_of(number).availability, ONLINE, ""
        for sequence in range(1, self._each + 1):
            for number in numbers:
                topics = topics_of(number)
                payload = encode(event_payload(event(topics.device, sequence)))
                yield topics.event, payload, topics.device if sequence == self._each else ""


def _publish(topic: str, payload: bytes, number: int) -> bytes:
    name = topic.encode()
    body = struct.pack("!H", len(name)) + name + struct.pack("!HB", number, len(DESCRIBED)) + DESCRIBED
    body += payload
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
        devices = Devices((host, int(port)), options.devices, options.events)
        before = [(memory_mib(process.pid), cpu_s(process.pid)) for process in running]
        others = [pid for pid in (os.getpid(), options.broker_pid) if pid]
        others_before = [cpu_s(pid) for pid in others]
        began = time.monotonic()
        devices.publish()
        published = time.monotonic() - began
        devices.listener.done.wait(PATIENCE_S)
        took = time.monotonic() - began
        own, *broker = (cpu_s(pid) - cpu for pid, cpu in zip(others, others_before, strict=True))
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
        acknowledged=len(devices.listener.acknowledged),
        stored=stored,
        rejected=rejected,
        ack_median_s=round(statistics.median(waits), 2),
        ack_p99_s=round(waits[int(0.99 * (len(waits) - 1))], 2),
        ack_longest_s=round(waits[-1], 2),
        acks=devices.listener.heard,
        collectors=used,
        devices_cpu_s=round(own, 2),
        broker_cpu_s=round(broker[0], 2) if broker else None,
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
        f"ack: median {found.ack_median_s} s, 99 % {found.ack_p99_s} s, longest {found.ack_longest_s} s; "
        f"{found.acks} acks",
    ]
    lines += [
        f"collector: {one.cpu_s:.1f} s of processor, {one.memory_before_mib:.0f} MiB before, "
        f"{one.memory_most_mib:.0f} MiB at most"
        for one in found.collectors
    ]
    broker = "not measured" if found.broker_cpu_s is None else f"{found.broker_cpu_s} s"
    lines.append(f"the simulated devices took {found.devices_cpu_s} s of processor, the broker {broker}")
    return "\n".join(lines)


def main() -> None:
    """Measures, and prints what was found; ends with 1 where a device or event is missing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--broker", default="127.0.0.1:1883")
    parser.add_argument("--database", required=True)
    parser.add_argument("--devices", type=int, default=10_000)
    parser.add_argument("--events", type=int, default=10, help="of each device")
    parser.add_argument("--collectors", type=int, default=1, help="more than one divide the events")
    parser.add_argument("--broker-pid", type=int, help="its process, to say how much time it takes")
    parser.add_argument("--json", dest="as_json", action="store_true", help="for programs")
    options = parser.parse_args()
    found = measure(options)
    print(json.dumps(asdict(found), indent=1) if options.as_json else table(found))
    sys.exit(found.acknowledged < found.devices or found.stored != found.events)


if __name__ == "__main__":
    main()
