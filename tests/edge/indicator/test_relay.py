"""The relay through its guard, a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.config import RelayConfig
from edge.errors import IndicatorError, MissingExtraError
from edge.indicator import examine_relay, open_relay
from edge.indicator.relay import GuardedRelay
from edge.system.relay_link import start_guard
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
relay_guard.main()
"""

DRIVER = """
import sys, time
from edge.config import RelayConfig
from edge.indicator.relay import GuardedRelay
from edge.system.relay_link import start_guard

relay = GuardedRelay(24, RelayConfig(pin=24, longest_s=600), start_guard(sys.argv[1:]))
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
    relay = GuardedRelay(24, RelayConfig(pin=24), start_guard(command))
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


@pytest.fixture
def killed(command: tuple[str, ...]) -> GuardedRelay:
    """A relay whose guard was killed, as by hand or for its memory."""
    link = start_guard(command)
    relay = GuardedRelay(24, RelayConfig(pin=24), link)
    assert link._child is not None
    link._child.kill()
    wait_until(lambda: not relay.alive)
    return relay


def test_what_a_killed_guard_left_on_is_switched_off(
    killed: GuardedRelay, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Moving the relay raises nothing then; the daemon takes the pin itself, once, and lets it go."""
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    pin = factory.pin(24)
    pin.function, pin.state = "output", True
    killed.begin()
    killed.close()
    assert not pin.state
    pin.function, pin.state = "output", True
    killed.close()
    assert pin.state


def test_a_pin_that_stays_out_of_reach_is_told(
    killed: GuardedRelay, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """To close it raises nothing: the daemon is on its way to a new start."""
    monkeypatch.setattr(Device, "pin_factory", None)
    monkeypatch.setenv("GPIOZERO_PIN_FACTORY", "nosuch")
    killed.close()
    (record,) = caplog.records
    assert record.message.startswith("the relay may be energised still, its guard has ended: relay.pin: ")


def test_a_pin_that_cannot_be_used_is_an_error() -> None:
    """With the sentence of the guard, or that it gave none."""
    for said, told in (("'relay.pin: GPIO busy'", "GPIO busy"), ("''", "the guard of GPIO 24 did not start")):
        command = (sys.executable, "-c", f"print({said})")
        with pytest.raises(IndicatorError, match=rf"^relay\.pin: {told}"):
            GuardedRelay(24, RelayConfig(pin=24), start_guard(command))


def test_a_relay_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a pin there is none; with one, gpiozero is needed."""
    assert open_relay(RelayConfig()) is None
    monkeypatch.setitem(sys.modules, "gpiozero", None)
    examine_relay(RelayConfig())
    with pytest.raises(MissingExtraError):
        open_relay(RelayConfig(pin=24))
