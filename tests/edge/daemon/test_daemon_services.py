"""The order in which a daemon starts, checks, drains and stops its services."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator

import pytest

from edge.daemon.daemon import SWITCH_S, Daemon
from edge.errors import SpoolError
from tests.support.daemons import CountedLoop, RecordingService


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


def test_other_threads_keep_the_interpreter_for_less_than_usual() -> None:
    """While the loop runs, and no longer."""
    found: list[float] = []

    class LookingLoop(CountedLoop):
        def cycles(self, stopping: threading.Event) -> Iterator[None]:
            found.append(sys.getswitchinterval())
            yield from super().cycles(stopping)

    before = sys.getswitchinterval()
    run([], LookingLoop([], 1))
    assert found == [pytest.approx(SWITCH_S)]
    assert sys.getswitchinterval() == before
