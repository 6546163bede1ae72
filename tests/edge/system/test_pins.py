"""Single pins, on gpiozero's mock pins."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.errors import IndicatorError
from edge.system.pins import import_gpiozero, release, rest, take


@pytest.fixture
def factory(monkeypatch: pytest.MonkeyPatch) -> Iterator[MockFactory]:
    made = MockFactory()
    monkeypatch.setattr(Device, "pin_factory", made)
    yield made
    made.reset()


@pytest.mark.parametrize("active_high", [True, False])
def test_a_pin_is_off_from_the_moment_it_is_taken(factory: MockFactory, active_high: bool) -> None:
    """It has never had the other level as an output, and is off when it is given back."""
    led, _ = import_gpiozero()
    device = take(led, "relay.pin", 24, active_high)
    outputs = [bool(state.state) for state in factory.pin(24).states][1:]
    assert set(outputs) <= {not active_high}
    device.on()
    release([device])
    assert factory.pin(24).state is not active_high


def test_what_cannot_be_taken_keeps_nothing_else_on(factory: MockFactory) -> None:
    """The first problem is told when all the others are off."""
    led, _ = import_gpiozero()
    holder = take(led, "relay.pin", 24, True)
    factory.pin(25).function = "output"
    factory.pin(25).state = True
    with pytest.raises(IndicatorError, match=r"a\.b: GPIO 24 cannot be used"):
        rest([("a.b", 24, True), ("c.d", 25, True)])
    assert not factory.pin(25).state
    release([holder])
