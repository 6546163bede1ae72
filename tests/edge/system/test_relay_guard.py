"""The process that holds the relay: it lets go when it hears nothing."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.system import relay_guard
from edge.system.relay_guard import (
    BEAT_S,
    BEGIN,
    LEASE_S,
    RELEASE,
    RENEW,
    WATCHDOG_S,
    Lease,
    first_line,
    guard,
)
from edge.system.systemd import notify
from tests.support.mosquitto import wait_until
from tests.support.service_manager import service_manager


def test_a_pulse_lasts_while_it_is_renewed() -> None:
    """And not longer than the lease after the last word."""
    lease = Lease(longest_s=10)
    lease.take(BEGIN, 100.0)
    assert lease.left(100.0) == pytest.approx(LEASE_S)
    lease.take(RENEW, 100.5)
    assert lease.left(100.5 + LEASE_S - 0.01) > 0
    assert lease.left(100.5 + LEASE_S) == 0


def test_no_pulse_goes_on_that_was_let_go() -> None:
    """Renewing energises nothing: not before the first pulse, nor after a silence or a release."""
    lease = Lease(longest_s=10)
    lease.take(RENEW, 0.0)
    assert lease.left(0.0) == 0
    lease.take(BEGIN, 1.0)
    lease.take(RENEW, 1.0 + LEASE_S)
    assert lease.left(1.0 + LEASE_S) == 0
    lease.take(BEGIN, 5.0)
    lease.take(RELEASE, 5.1)
    lease.take(RENEW, 5.2)
    assert lease.left(5.2) == 0


def test_no_pulse_is_longer_than_the_longest() -> None:
    """However often it is renewed and begun anew."""
    lease = Lease(longest_s=3)
    for tenths in range(30):
        lease.take(RENEW if tenths % 2 else BEGIN, tenths / 10)
        assert lease.left(tenths / 10) > 0
    assert lease.left(3.0) == 0


class RecordedRelay:
    """Records what it is told."""

    def __init__(self) -> None:
        self.history: list[bool] = []

    def on(self) -> None:
        self.history.append(True)

    def off(self) -> None:
        self.history.append(False)


@contextmanager
def guarded(relay: RecordedRelay, clock: Callable[[], float] = time.monotonic) -> Iterator[int]:
    """A guard on a thread of its own; gives the end of the pipe that commands are written to."""
    commands, told = os.pipe()
    thread = threading.Thread(target=guard, args=(commands, relay, 60.0, clock), daemon=True)
    thread.start()
    try:
        yield told
    finally:
        os.close(told)
        thread.join(10)
        os.close(commands)
        assert not thread.is_alive()


def test_the_end_of_the_pipe_lets_the_relay_go() -> None:
    """As when the daemon is killed in the middle of a pulse."""
    relay = RecordedRelay()
    with guarded(relay) as told:
        os.write(told, BEGIN)
        wait_until(lambda: relay.history == [True])
    assert relay.history[-1] is False


def test_silence_lets_the_relay_go() -> None:
    """As when the daemon hangs: the pipe stays open and nothing comes."""
    relay = RecordedRelay()
    with guarded(relay) as told:
        os.write(told, BEGIN)
        wait_until(lambda: relay.history == [True, False])


def test_the_service_manager_watches_while_the_relay_is_energised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From before it is on until it is off, with signs of life whether or not the daemon says a word."""
    relay, beats = RecordedRelay(), 3
    with service_manager(tmp_path) as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        # Told to the same socket, so that what comes first is heard first.
        monkeypatch.setattr(relay, "on", lambda: notify("on"))
        # On a clock that stands still, so that the lease outlasts any pause of this machine.
        with guarded(relay, lambda: 0.0) as told:
            os.write(told, BEGIN)
            heard = [manager.wait_for("") for _ in range(2 + beats)]
        assert heard == ["WATCHDOG_USEC=500000", "on", *["WATCHDOG=1"] * beats]
        assert manager.heard()[-1] == "WATCHDOG_USEC=0"
    assert relay.history == [False]
    assert BEAT_S * 2 < WATCHDOG_S < 1


def test_a_guard_that_waits_is_not_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It need not be woken while nothing is energised."""
    relay = RecordedRelay()
    with service_manager(tmp_path) as manager:
        monkeypatch.setenv("NOTIFY_SOCKET", manager.address)
        with guarded(relay) as told:
            os.write(told, RENEW + RELEASE)
        assert manager.heard() == ["WATCHDOG_USEC=0"]
    assert relay.history == [False]


@contextmanager
def called(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """The whole program, on a thread; gives the daemon's end of its socket."""
    monkeypatch.setattr("signal.signal", lambda *_: None)
    ours, theirs = socket.socketpair()
    ours.settimeout(30)
    with theirs, theirs.makefile("r") as stdin, theirs.makefile("w") as stdout:
        monkeypatch.setattr("sys.stdin", stdin)
        monkeypatch.setattr("sys.stdout", stdout)
        thread = threading.Thread(target=relay_guard.main, daemon=True)
        thread.start()
        with ours:
            yield ours
        thread.join(30)
        assert not thread.is_alive()


def test_the_pin_is_taken_off_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole program on a mock pin: ready with the relay off, one pulse, and off at the end."""
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    # A relay that a low pin energises.
    pin = factory.pin(4)
    with called(monkeypatch) as daemon:
        daemon.send(first_line(4, active_high=False, longest_s=5.0))
        assert daemon.recv(100) == b"ready\n"
        assert pin.state
        daemon.send(BEGIN)
        wait_until(lambda: not pin.state)
    assert pin.state


def test_a_pin_that_cannot_be_taken_is_told_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    """The daemon makes a sentence of it."""
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nosuch")
    with called(monkeypatch) as daemon:
        daemon.send(first_line(24, active_high=True, longest_s=5.0))
        said = daemon.recv(1000)
    assert said.startswith(b"relay.pin: GPIO 24 cannot be used: ")
    assert said.count(b"\n") == 1


def test_a_call_without_a_word_touches_no_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """As when the daemon ends between its call and its first word."""
    monkeypatch.setattr("edge.system.relay_guard.take", None)
    with called(monkeypatch):
        pass
