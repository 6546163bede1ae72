"""The order in which a daemon starts, checks, drains and stops its services."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from edge.config import Config
from edge.daemon.daemon import Daemon, all_in_one
from edge.daemon.service import Service
from edge.errors import BrokerError, SpoolError
from edge.pipeline.pipeline import Cycle
from edge.types import Event


class RecordingService(Service):
    """Writes down what is asked of it, and fails where it is told to."""

    def __init__(self, name: str, calls: list[str], fails: str = "") -> None:
        self._name = name
        self._calls = calls
        self._fails = fails

    def _note(self, what: str) -> None:
        self._calls.append(f"{what} {self._name}")
        if what == self._fails:
            raise SpoolError(f"{self._name} cannot {what}")

    def start(self) -> None:
        self._note("start")

    def check(self) -> None:
        self._note("check")

    def drain(self) -> None:
        self._note("drain")

    def stop(self) -> None:
        self._note("stop")


class CountedLoop:
    """A number of cycles; after each one it does what a test wants."""

    def __init__(self, calls: list[str], count: int) -> None:
        self._calls = calls
        self._count = count
        self.daemon: Daemon | None = None
        self.at: dict[int, str] = {}

    def cycles(self, stopping: threading.Event) -> Iterator[None]:
        for number in range(self._count):
            if stopping.is_set():
                return
            self._calls.append(f"cycle {number}")
            if number in self.at:
                getattr(self.daemon, self.at[number])()
            yield

    def reload(self) -> None:
        self._calls.append("reload")


def run(calls: list[str], loop: CountedLoop, *fails: str) -> None:
    """Runs a daemon of as many services as failures are named, called a, b, ..."""
    services = [RecordingService(name, calls, what) for name, what in zip("abcdef", fails, strict=False)]
    loop.daemon = Daemon(services, loop)
    loop.daemon.run()


def test_services_start_in_order_and_stop_in_reverse() -> None:
    """Each is checked once a cycle; at the end of a recording they complete what they were given."""
    calls: list[str] = []
    run(calls, CountedLoop(calls, 2), "", "")
    assert calls == [
        *("start a", "start b"),
        *("cycle 0", "check a", "check b"),
        *("cycle 1", "check a", "check b"),
        *("drain a", "drain b"),
        *("stop b", "stop a"),
    ]


def test_a_stop_ends_the_loop_after_its_cycle_and_drains_nothing() -> None:
    """Whoever stops the service does not wait for a broker."""
    calls: list[str] = []
    loop = CountedLoop(calls, 9)
    loop.at[0] = "stop"
    run(calls, loop, "")
    assert calls == ["start a", "cycle 0", "check a", "stop a"]


def test_a_reload_comes_once_between_two_cycles() -> None:
    """Asked for during a cycle, it is done before the next one, and not again."""
    calls: list[str] = []
    loop = CountedLoop(calls, 3)
    loop.at[0] = "reload"
    run(calls, loop)
    assert calls == ["cycle 0", "reload", "cycle 1", "cycle 2"]


def test_a_start_that_fails_stops_what_has_started() -> None:
    """Nothing is left half started, and no cycle runs."""
    calls: list[str] = []
    with pytest.raises(SpoolError, match="b cannot start"):
        run(calls, CountedLoop(calls, 2), "", "start", "")
    assert calls == ["start a", "start b", "stop a"]


def test_a_service_that_ended_ends_the_daemon() -> None:
    """With its error; the others stop in order, and nothing is drained."""
    calls: list[str] = []
    with pytest.raises(SpoolError, match="a cannot check"):
        run(calls, CountedLoop(calls, 2), "check", "")
    assert calls == ["start a", "start b", "cycle 0", "check a", "stop b", "stop a"]


class NoObserver:
    def observe(self, cycle: Cycle, events: tuple[Event, ...]) -> None: ...


def test_a_sender_that_ended_ends_the_daemon(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A device that sends nothing any more is started again, and keeps its events."""
    monkeypatch.setattr("edge.uplink.uplink.Uplink.alive", False)
    config = Config.model_validate(
        {
            "spool": {"path": str(tmp_path_factory.mktemp("spool") / "spool.db")},
            "camera": {"source": "/dev/video99"},
            "lamp": {"kind": "none"},
            "mqtt": {"port": 9},
        }
    )
    with pytest.raises(BrokerError, match="the sender ended unexpectedly"):
        all_in_one(config, NoObserver()).run()
