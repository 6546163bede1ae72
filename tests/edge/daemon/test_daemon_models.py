"""The daemon as a process while bundles come and go: reloads, deaths, damages, no camera."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import pytest

from edge import bundle
from edge.bundle.install import install
from edge.bundle.store import BundleStore
from edge.demo import CLIP
from edge.spool import Spool
from tests.support import bundle_models
from tests.support.builders import limits
from tests.support.mosquitto import Mosquitto, Subscriber, wait_until

VERDICTS = ["compliant", "no_mask", "mask_incorrect", "no_mask", "compliant"]
"""What the demo's clip shows, in this order."""

SILENT = "[mqtt]\nenabled = false\n"


class Start(Protocol):
    def __call__(self, sections: str = SILENT, source: str = str(CLIP), pace: str = "fast") -> Daemon: ...


class Daemon:
    """A running daemon whose log goes to a file."""

    def __init__(self, folder: Path, sections: str, number: int) -> None:
        config = folder / "config.toml"
        config.write_text(f'[spool]\npath = "{folder / "spool.db"}"\n{sections}')
        self._log = folder / f"log{number}"
        with self._log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "edge", "run", "--config", str(config)],
                cwd=folder,
                env={**os.environ, "STATE_DIRECTORY": str(folder / "state")},
                stdout=log,
                stderr=log,
            )

    def log(self) -> str:
        return self._log.read_text()

    def wait_for(self, words: str) -> None:
        wait_until(lambda: words in self.log() or self.process.poll() is not None, timeout=60)
        assert words in self.log()

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts daemons, one after the other; what still runs at the end is killed."""
    running: list[Daemon] = []

    def call(sections: str = SILENT, source: str = str(CLIP), pace: str = "fast") -> Daemon:
        camera = f'[camera]\nsource = "{source}"\npace = "{pace}"\n'
        running.append(Daemon(tmp_path, camera + sections, len(running)))
        return running[-1]

    yield call
    for daemon in running:
        if daemon.process.poll() is None:
            daemon.kill()


@pytest.fixture
def put(tmp_path: Path) -> Callable[..., str]:
    """Installs a bundle with the shipped models under another version; gives its name."""

    def call(version: str) -> str:
        file = bundle_models.packed(tmp_path, version)
        return install(store(tmp_path), file, lambda _: None).name

    return call


def store(folder: Path) -> BundleStore:
    return BundleStore(folder / "state" / "models" / "bundles")


def events(folder: Path) -> list[dict[str, Any]]:
    with closing(Spool.open(folder / "spool.db", limits())) as spool:
        return [json.loads(stored.payload) for stored in spool.unsent(0, 100)]


@pytest.mark.slow
def test_a_hangup_takes_the_new_bundle_between_two_frames(
    start: Start, put: Callable[..., str], tmp_path: Path
) -> None:
    """No event is lost or stored twice, no pass is torn; every event names the bundle that judged."""
    put("1000.1")
    daemon = start(pace="realtime")
    daemon.wait_for("revision 0: no_mask")
    put("1000.2")
    daemon.process.send_signal(signal.SIGHUP)
    daemon.wait_for("the model 1000.2 judges from now on")
    assert daemon.process.wait(60) == 0, daemon.log()
    found = events(tmp_path)
    assert [event["verdict"] for event in found] == VERDICTS
    assert [event["sequence"] for event in found] == [1, 2, 3, 4, 5]
    versions = [event["model_version"] for event in found]
    assert versions == sorted(versions)
    assert {versions[0], versions[-1]} == {"1000.1", "1000.2"}


def test_a_daemon_that_dies_twice_with_a_new_bundle_goes_back(
    start: Start, put: Callable[..., str], tmp_path: Path
) -> None:
    """By itself; the log says so, and the events name the bundle before it."""
    first = put("1000.1")
    assert start().process.wait(60) == 0
    assert store(tmp_path).record(first).proven
    second = put("1000.2")
    for attempts in (1, 2):
        daemon = start(pace="realtime")
        daemon.wait_for("lamp: off")
        wait_until(lambda attempts=attempts: store(tmp_path).record(second).attempts == attempts, timeout=60)
        daemon.kill()
    daemon = start()
    assert daemon.process.wait(60) == 0, daemon.log()
    assert f"ERROR the bundle {second} failed 2 times; {first} is in use again" in daemon.log()
    assert [event["model_version"] for event in events(tmp_path)] == ["1000.1"] * 10
    assert store(tmp_path).current() == first


def test_a_missing_camera_is_not_the_bundles_fault(
    start: Start, put: Callable[..., str], tmp_path: Path
) -> None:
    """However often the daemon dies without one."""
    name = put("1000.1")
    for _ in range(3):
        daemon = start(source="/dev/video99")
        daemon.wait_for("lamp: blind")
        daemon.kill()
    assert store(tmp_path).current() == name
    assert store(tmp_path).record(name).attempts == 0


def test_stopping_is_not_the_bundles_fault(start: Start, put: Callable[..., str], tmp_path: Path) -> None:
    """A service that is restarted often does not lose its bundle."""
    name = put("1000.1")
    for _ in range(2):
        daemon = start(pace="realtime")
        wait_until(lambda: store(tmp_path).record(name).attempts == 1, timeout=60)
        daemon.process.terminate()
        assert daemon.process.wait(60) == 0
        assert store(tmp_path).record(name).attempts == 0


@pytest.mark.broker
def test_subscribers_are_told_why_another_bundle_judges(
    start: Start, put: Callable[..., str], tmp_path: Path, broker: Mosquitto
) -> None:
    """A damaged one gives way to the shipped one, and state carries it."""
    name = put("1000.1")
    (store(tmp_path).path(name) / bundle.CLASSIFIER).write_bytes(b"rot")
    with Subscriber(broker.port) as subscriber:
        daemon = start(f"[mqtt]\nport = {broker.port}\n")
        assert daemon.process.wait(60) == 0, daemon.log()
        subscriber.wait_for_availability(b"offline")
        states = [message.json() for message in subscriber.named("state")]
    assert states
    shipped = bundle.load(bundle.SHIPPED).manifest.version
    assert {state["model_version"] for state in states} == {shipped}
    assert all("classifier.tflite is damaged" in state["model_problem"] for state in states)
    assert "ERROR" in daemon.log()
