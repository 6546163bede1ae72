"""A collector for tests: a process of `maskgate collect`, or a thread, and devices that publish."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from edge.collector.acks import Plan
from edge.collector.connection import CollectorConnection, connect_options
from edge.collector.database import open_database
from edge.collector.service import Collector, ScheduledMessages
from edge.collector.subscriptions import filters
from edge.messages.payloads import encode, event_payload
from edge.messages.topics import PREFIX, Topics
from edge.mqtt.broker import Broker
from edge.mqtt.connector import Connector
from edge.types import Event
from tests.support.mosquitto import PATIENCE_S, wait_until

TOPICS = Topics("site", "door")


class CollectorProcess:
    """`maskgate collect` as a process of its own, on a SQLite file; may be killed and started again."""

    def __init__(self, port: int, database: Path, *options: str) -> None:
        self.database = database
        self._command = [sys.executable, "-m", "edge", "collect", "--broker", f"127.0.0.1:{port}"]
        self._command += ["--database", f"sqlite:///{database}", *options]
        self._process: subprocess.Popen[bytes] | None = None
        self._log = database.with_name(database.name + ".log")

    def start(self) -> Self:
        """Starts it and waits until it listens."""
        before = self.log.count("listening to")
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=log, env={**os.environ})
        wait_until(lambda: self._ended() or self.log.count("listening to") > before)
        assert not self._ended(), self.log
        return self

    @property
    def log(self) -> str:
        """What it has written."""
        return self._log.read_text() if self._log.exists() else ""

    def kill(self) -> None:
        """Ends it with SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """Ends it in good order, and gives its exit code."""
        return self._end(signal.SIGTERM)

    def wait_for_events(self, count: int, timeout: float = PATIENCE_S) -> None:
        """Waits until a number of different events is stored."""
        wait_until(lambda: event_count(self.database) >= count, timeout)

    def _ended(self) -> bool:
        return self._process is None or self._process.poll() is not None

    def _end(self, number: signal.Signals) -> int:
        if self._process is None:
            return 0
        self._process.send_signal(number)
        code = self._process.wait(PATIENCE_S)
        self._process = None
        return code


@contextlib.contextmanager
def collecting(
    port: int, url: str, *, missing_after_s: float = 10.0, instance: str = "", share: str = "",
    scheduled: ScheduledMessages | None = None, prefix: str = PREFIX,
) -> Iterator[Collector]:  # fmt: skip
    """A collector on a thread of this process."""
    options = connect_options(f"maskgate-collect-test{instance}")
    connector = Connector(Broker("127.0.0.1", port), options)
    connection = CollectorConnection(connector, filters((), (), share, prefix))
    plan = Plan("test", missing_after_s, prefix)
    made: list[Collector] = []
    ready = threading.Event()

    def run() -> None:
        with closing(open_database(url, create=True)) as database:
            made.append(Collector(database, connection, plan, scheduled))
            ready.set()
            made[0].run()

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(PATIENCE_S)
    (collector,) = made
    try:
        wait_until(lambda: connection.ready)
        yield collector
    finally:
        collector.stop()
        thread.join(PATIENCE_S)
        assert not thread.is_alive()


def event_ids(database: Path) -> list[str]:
    """The ids of all stored events, in order of sequence; a locked file is waited for."""
    if not database.exists():
        return []
    with closing(sqlite3.connect(database, timeout=PATIENCE_S)) as opened:
        try:
            rows = opened.execute("SELECT id FROM event ORDER BY site, device, epoch, sequence").fetchall()
        except sqlite3.OperationalError:
            return []
    return [row[0] for row in rows]


def event_count(database: Path) -> int:
    """How many events are stored."""
    return len(event_ids(database))


class FakeDevice:
    """Publishes for one device, and keeps the acknowledgements that it gets."""

    def __init__(self, port: int, topics: Topics = TOPICS) -> None:
        self.acks: list[dict[str, Any]] = []
        self._topics = topics
        self._subscribed = threading.Event()
        self._client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTProtocolVersion.MQTTv5)
        self._client.max_inflight_messages_set(100)
        self._client.reconnect_delay_set(1, 1)
        self._client.on_connect = lambda client, *_: client.subscribe(topics.ack, qos=1)
        self._client.on_subscribe = lambda *_: self._subscribed.set()
        self._client.on_message = self._on_message
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert self._subscribed.wait(PATIENCE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, name: str, payload: bytes, *, retain: bool = False) -> None:
        """Publishes one message and waits for its acknowledgement."""
        topic = f"maskgate/{self._topics.site}/{self._topics.device}/{name}"
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(PATIENCE_S)

    def publish(self, events: Iterable[Event]) -> None:
        """Publishes events and waits until the broker has all of them."""
        payloads = [encode(event_payload(event)) for event in events]
        sent = [self._client.publish(self._topics.event, payload, qos=1) for payload in payloads]
        for one in sent:
            one.wait_for_publish(PATIENCE_S)

    def wait_for_mark(self, contiguous: int, timeout: float = PATIENCE_S) -> None:
        """Waits until a consumer has said that it has everything up to a sequence."""
        wait_until(lambda: any(ack["contiguous"] >= contiguous for ack in list(self.acks)), timeout)

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self.acks.append(json.loads(message.payload))


def ids(events: Sequence[Event]) -> list[str]:
    """Their ids, in their order."""
    return [str(event.id) for event in events]
