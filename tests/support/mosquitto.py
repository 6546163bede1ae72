"""A real Mosquitto on loopback, and a subscriber that collects what it publishes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

READY_S = 10.0
PATIENCE_S = 30.0
DURABLE = (
    "persistence true",
    "autosave_interval 1",
    "autosave_on_changes true",
    "max_queued_messages 0",
    "max_inflight_messages 0",
)
"""Settings with which a killed Mosquitto remembers its sessions and what it queued for them."""


def find_mosquitto() -> str | None:
    """The broker's program; Debian puts it where a plain user's PATH does not look."""
    return shutil.which("mosquitto", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def free_port() -> int:
    """A loopback port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Mosquitto:
    """One broker process with its own configuration; may be started again on the same port."""

    def __init__(self, program: str, directory: Path, lines: Iterable[str] = ()) -> None:
        """Args:
        lines: Added to the configuration; the first ones may be those of the listener.
        """
        self.port = free_port()
        self._program = program
        self._config = directory / "mosquitto.conf"
        self._log = directory / "mosquitto.log"
        self._process: subprocess.Popen[bytes] | None = None
        given = list(lines)
        settings = [f"listener {self.port} 127.0.0.1", f"persistence_location {directory}/", *given]
        if not any(line.startswith("allow_anonymous") for line in given):
            settings.append("allow_anonymous true")
        if os.geteuid() == 0:
            # Started as root it would become another user, who may not read a test's directory.
            settings.append("user root")
        self._config.write_text("\n".join(settings) + "\n")

    def start(self) -> Self:
        """Starts the process and waits until it listens."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [self._program, "-c", str(self._config)], stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + READY_S
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except OSError:
                time.sleep(0.02)
            else:
                return self
        raise RuntimeError(f"mosquitto did not start:\n{self._log.read_text()}")

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to this one process."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """Ends the broker without a word to anybody."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ends the broker in good order; does nothing where it does not run."""
        self._end(signal.SIGTERM)

    def _end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            try:
                self._process.wait(READY_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


@dataclass(frozen=True, slots=True)
class Received:
    """One message as a subscriber got it."""

    topic: str
    payload: bytes
    retained: bool

    @property
    def name(self) -> str:
        """The last level of the topic."""
        return self.topic.rpartition("/")[2]

    def json(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.payload)
        return value


class Subscriber:
    """Collects all that is published below `maskgate/`."""

    def __init__(self, port: int, *, durable: str = "", login: tuple[str, str] | None = None) -> None:
        """Args:
        durable: Name of a session that the broker keeps; empty for one that ends with the connection.
        """
        self.messages: list[Received] = []
        self._changed = threading.Condition()
        self._subscribed = False
        self._client = Client(
            CallbackAPIVersion.VERSION2, client_id=durable, protocol=MQTTProtocolVersion.MQTTv5
        )
        self._client.on_connect = lambda client, *_: client.subscribe("maskgate/#", qos=1)
        self._client.on_subscribe = self._on_subscribe
        self._client.on_message = self._on_message
        self._client.reconnect_delay_set(1, 1)
        if login is not None:
            self._client.username_pw_set(*login)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = 3600 if durable else 0
        self._client.connect("127.0.0.1", port, clean_start=not durable, properties=properties)
        self._client.loop_start()
        self.wait(lambda: self._subscribed)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.disconnect()
        self._client.loop_stop()

    def named(self, name: str) -> list[Received]:
        """What came on the topics that end with `name`."""
        return [message for message in list(self.messages) if message.name == name]

    @property
    def ids(self) -> list[str]:
        """The ids of all event messages, in the order of arrival, repetitions included."""
        return [message.json()["id"] for message in self.named("event")]

    def wait(self, condition: Callable[[], bool], timeout: float = PATIENCE_S) -> None:
        """Waits until something is so, looking again after every message.

        Raises:
            AssertionError: It is not so in time.
        """
        with self._changed:
            met = self._changed.wait_for(condition, timeout)
        assert met, f"not seen within {timeout:g} s; {len(self.messages)} messages came"

    def wait_for_events(self, count: int) -> None:
        """Waits for a number of different events."""
        self.wait(lambda: len(set(self.ids)) >= count)

    def wait_for_availability(self, word: bytes) -> None:
        """Waits until the last word on availability is this one."""
        self.wait(lambda: [m.payload for m in self.named("availability")][-1:] == [word])

    def _on_subscribe(self, *_: object) -> None:
        with self._changed:
            self._subscribed = True
            self._changed.notify_all()

    def _on_message(self, _client: Client, _userdata: object, message: MQTTMessage) -> None:
        with self._changed:
            self.messages.append(Received(message.topic, message.payload, message.retain))
            self._changed.notify_all()


def wait_until(condition: Callable[[], bool], timeout: float = PATIENCE_S) -> None:
    """Looks every few milliseconds until something is so.

    Raises:
        AssertionError: It is not so in time.
    """
    deadline = time.monotonic() + timeout
    while not condition():
        assert time.monotonic() < deadline, f"not so within {timeout:g} s"
        time.sleep(0.01)
