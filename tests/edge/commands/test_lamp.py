"""`maskgate lamp`."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.commands import maskgate
from edge.system import relay_guard


def test_all_configured_pins_are_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a killed program left on goes off: lamps, buzzer and relay."""
    factory = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", factory)
    for number in (17, 23, 24):
        factory.pin(number).function = "output"
        factory.pin(number).state = True
    config = tmp_path / "config.toml"
    config.write_text('[lamp]\nkind = "gpio"\n[lamp.pins]\nbuzzer = 23\n[relay]\npin = 24\n')
    result = CliRunner().invoke(maskgate, ["lamp", "off", "--config", str(config)], catch_exceptions=False)
    assert result.exit_code == 0
    assert [bool(factory.pin(number).state) for number in (17, 23, 24)] == [False] * 3


def test_the_guard_of_the_relay_is_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which the service manager can start; what it does is in `tests/edge/system/test_relay_guard.py`."""
    started: list[bool] = []
    monkeypatch.setattr(relay_guard, "main", lambda: started.append(True))
    assert CliRunner().invoke(maskgate, ["lamp", "guard"], catch_exceptions=False).exit_code == 0
    assert started == [True]
