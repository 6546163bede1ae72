"""Notification and watchdog, against a real datagram socket."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.system.systemd import Watchdog, notify, watchdog_interval
from tests.support.fakes import FakeClock


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """A service manager's end of the notification socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(str(tmp_path / "notify"))
        end.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield end


def received(manager: socket.socket) -> list[bytes]:
    messages = []
    while True:
        try:
            messages.append(manager.recv(4096))
        except BlockingIOError:
            return messages


def test_silent_without_a_service_manager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Started by hand, nothing is sent and nothing fails."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert notify("READY=1") is False


def test_a_message_arrives_as_one_datagram(manager: socket.socket) -> None:
    """State and status travel together."""
    assert notify("READY=1\nSTATUS=watching")
    assert received(manager) == [b"READY=1\nSTATUS=watching"]


def test_abstract_sockets_are_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with @ in front is no file."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
        end.bind(f"\0maskgate-test-{os.getpid()}")
        monkeypatch.setenv("NOTIFY_SOCKET", f"@maskgate-test-{os.getpid()}")
        notify("STOPPING=1")
        assert end.recv(100) == b"STOPPING=1"


def test_a_service_manager_that_is_gone_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A socket that nobody holds any more is not an error of the daemon."""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    assert notify("READY=1") is False


@pytest.mark.parametrize(
    ("usec", "pid", "interval"),
    [
        ("10000000", "", 10.0),
        # Named, since each process that collects this test has another number.
        pytest.param("2500000", str(os.getpid()), 2.5, id="this process"),
        ("10000000", "1", None),
        ("0", "", None),
        ("", "", None),
        ("soon", "", None),
    ],
)
def test_the_interval_is_read_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, interval: float | None
) -> None:
    """Microseconds, and only those meant for this process."""
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_interval() == interval


def test_turns_feed_the_watchdog_four_times_in_an_interval(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first turn counts; of the many that follow, one in a quarter of the interval is sent."""
    monkeypatch.setenv("WATCHDOG_USEC", "8000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    clock = FakeClock()
    watchdog = Watchdog(clock.monotonic)
    sent_at = []
    for cycle in range(65):
        watchdog.feed()
        if received(manager) == [b"WATCHDOG=1"]:
            sent_at.append(cycle / 8)
        clock.now += 0.125
    assert sent_at == [0.0, 2.0, 4.0, 6.0, 8.0]


def test_a_loop_that_stands_still_starves_the_watchdog(
    manager: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing but a turn sends a sign of life."""
    monkeypatch.setenv("WATCHDOG_USEC", "8000000")
    monkeypatch.delenv("WATCHDOG_PID", raising=False)
    clock = FakeClock()
    watchdog = Watchdog(clock.monotonic)
    watchdog.feed()
    received(manager)
    clock.now += 60
    assert received(manager) == []
    watchdog.feed()
    assert received(manager) == [b"WATCHDOG=1"]


def test_without_a_watchdog_turns_are_silent(manager: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that no watchdog looks after sends no signs of life."""
    monkeypatch.delenv("WATCHDOG_USEC", raising=False)
    Watchdog().feed()
    assert received(manager) == []
