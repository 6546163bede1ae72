"""Which indicator the configuration picks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory

from edge.config import LampConfig, LampPinsConfig, RelayConfig
from edge.errors import IndicatorError
from edge.indicator import NullIndicator, open_indicator, switch_off
from edge.indicator.console import ConsoleIndicator
from edge.indicator.gpio import GpioIndicator
from tests.support.pins import PINS


def test_the_configuration_picks_the_indicator(make: Callable[..., GpioIndicator]) -> None:
    """Each kind of lamp opens its own indicator."""
    assert isinstance(open_indicator(LampConfig(kind="none")), NullIndicator)
    assert isinstance(open_indicator(LampConfig(kind="console")), ConsoleIndicator)
    lamps = open_indicator(LampConfig(kind="gpio"))
    lamps.close()
    assert isinstance(lamps, GpioIndicator)


def test_pins_are_put_to_rest_after_a_program_that_was_killed(factory: MockFactory) -> None:
    """Every configured pin goes off, by its own polarity."""
    for number, level in ((17, True), (24, True), (5, True)):
        factory.pin(number).function = "output"
        factory.pin(number).state = level
    factory.pin(4).function = "output"
    factory.pin(4).state = False
    switch_off(LampConfig(kind="gpio", pins=PINS), RelayConfig(pin=24))
    assert [bool(factory.pin(number).state) for number in (24, 17, 27, 22, 5)] == [False] * 5
    switch_off(LampConfig(kind="none"), RelayConfig(pin=4, active_high=False))
    assert factory.pin(4).state


def test_a_pin_that_cannot_be_put_to_rest_keeps_no_other_lit(
    factory: MockFactory, make: Callable[..., GpioIndicator]
) -> None:
    """The error names it, and the rest is off."""
    holder = make(LampPinsConfig(red=17, amber=5, green=6), tested=False)
    factory.pin(27).function = "output"
    factory.pin(27).state = True
    with pytest.raises(IndicatorError, match=r"lamp\.pins\.red: GPIO 17 cannot be used: .*in use"):
        switch_off(LampConfig(kind="gpio"), RelayConfig())
    assert not factory.pin(27).state
    holder.close()
