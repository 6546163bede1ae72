"""How the daemon reaches the relay's guard: one of the service manager's, or a child."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from edge.errors import IndicatorError
from edge.system.relay_link import ADDRESS, GuardLink, reach_guard, start_guard
from tests.support.mosquitto import wait_until


@pytest.fixture
def ends() -> Iterator[tuple[GuardLink, socket.socket]]:
    """A link, and the guard's end of it."""
    ours, theirs = socket.socketpair()
    with closing(GuardLink(ours)) as link, theirs:
        yield link, theirs


def test_a_guard_of_the_service_manager_is_called(tmp_path: Path) -> None:
    """At the address that the unit names: what accepts the call is the guard."""
    address = str(tmp_path / "guard.sock")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)
        listener.listen()
        with closing(reach_guard({ADDRESS: address})) as link:
            guard, _ = listener.accept()
            with guard:
                guard.send(b"ready\n")
                assert link.first_line(30) == "ready"
                link.say(b"+")
                assert guard.recv(10) == b"+"
                assert link.alive
            assert not link.alive


def test_an_address_where_nobody_listens_is_one_sentence(tmp_path: Path) -> None:
    """It says what to start."""
    address = str(tmp_path / "guard.sock")
    with pytest.raises(IndicatorError, match=r"systemctl start maskgate-relay\.socket$") as raised:
        reach_guard({ADDRESS: address})
    assert address in str(raised.value)


def test_a_child_serves_as_well() -> None:
    """As with `maskgate run` in a terminal."""
    with closing(start_guard((sys.executable, "-c", "print('ready')"))) as link:
        assert link.first_line(30) == "ready"
        wait_until(lambda: not link.alive)


def test_a_guard_that_says_nothing_is_not_waited_for(ends: tuple[GuardLink, socket.socket]) -> None:
    """Nor is one whose end is full: the loop that tells it must not stand still."""
    link, _guard = ends
    assert link.first_line(0.01) == ""
    for _ in range(100):
        link.say(b"=" * 10_000)
    assert link.alive


def test_a_child_that_does_not_end_is_ended() -> None:
    """However deaf it is."""
    code = "import time; print(1, flush=True); time.sleep(600)"
    link = start_guard((sys.executable, "-c", code))
    assert link.first_line(30) == "1"
    link.close()
    assert link._child is not None
    assert link._child.returncode == -9
    link.close()
