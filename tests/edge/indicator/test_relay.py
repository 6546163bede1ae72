"""The relay through its guard, a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.config import RelayConfig
from edge.errors import IndicatorError, MissingExtraError
from edge.indicator import examine_relay, open_relay
from edge.indicator.relay import GuardedRelay
from tests.support.mosquitto import wait_until

WATCHED = """
import sys
from gpiozero import Device
from gpiozero.pins.mock import MockFactory, MockPin

levels = open(sys.argv.pop(1), "a", buffering=1)

class Watched(MockPin):
    def _change_state(self, value):
        if super()._change_state(value):
            print(int(value), file=levels)

Device.pin_factory = MockFactory(pin_class=Watched)
from edge.system import relay_guard
relay_guard.main(*sys.argv[1:])
"""

DRIVER = """
import sys, time
from edge.config import RelayConfig
from edge.indicator.relay import GuardedRelay

relay = GuardedRelay(RelayConfig(pin=24, longest_s=600), sys.argv[1:])
relay.begin()
while True:
    time.sleep(0.05)
    relay.renew()
"""


@pytest.fixture
def pin(tmp_path: Path) -> Path:
    """The file to which the guard's mock pin writes its levels."""
    return tmp_path / "pin"


@pytest.fixture
def command(tmp_path: Path, pin: Path) -> tuple[str, ...]:
    """Starts a guard with a mock pin."""
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    return sys.executable, str(script), str(pin)


def levels(pin: Path) -> list[str]:
    return pin.read_text().split() if pin.exists() else []


def test_the_relay_follows_what_it_is_told(command: tuple[str, ...], pin: Path) -> None:
    """One pulse, begun and let go; renewing begins none; closing twice does no harm."""
    relay = GuardedRelay(RelayConfig(pin=24), command)
    assert relay.alive
    relay.renew()
    relay.begin()
    wait_until(lambda: levels(pin) == ["1"])
    relay.release()
    wait_until(lambda: levels(pin) == ["1", "0"])
    relay.close()
    relay.close()
    relay.begin()
    assert not relay.alive
    assert levels(pin) == ["1", "0"]


@pytest.fixture
def driver(command: tuple[str, ...]) -> Iterator[subprocess.Popen[bytes]]:
    """A program that keeps the relay energised until something happens to it."""
    process = subprocess.Popen([sys.executable, "-c", DRIVER, *command])
    yield process
    process.kill()
    process.wait(30)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_program_that_is_killed_or_hangs_lets_the_relay_go(
    driver: subprocess.Popen[bytes], pin: Path, number: signal.Signals
) -> None:
    """However it ends or stops, without a word of its own."""
    wait_until(lambda: levels(pin) == ["1"])
    driver.send_signal(number)
    wait_until(lambda: levels(pin) == ["1", "0"])


def test_a_guard_that_ended_is_noticed(command: tuple[str, ...]) -> None:
    """Moving the relay raises nothing then; whoever asks hears that it is gone."""
    relay = GuardedRelay(RelayConfig(pin=24), command)
    relay._guard.kill()
    wait_until(lambda: not relay.alive)
    relay.begin()
    relay.close()


def test_a_pin_that_cannot_be_used_is_an_error() -> None:
    """With the sentence of the guard, or that it gave none."""
    for said, told in (("'relay.pin: GPIO busy'", "GPIO busy"), ("''", "the guard of GPIO 24 did not start")):
        command = (sys.executable, "-c", f"print({said})")
        with pytest.raises(IndicatorError, match=rf"^relay\.pin: {told}"):
            GuardedRelay(RelayConfig(pin=24), command)


def test_a_relay_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a pin there is none; with one, gpiozero is needed."""
    assert open_relay(RelayConfig()) is None
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    examine_relay(RelayConfig())
    with pytest.raises(MissingExtraError):
        open_relay(RelayConfig(pin=24))
