"""Fixtures of the indicator's tests: gpiozero's own mock pins."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from gpiozero import Device
from gpiozero.pins.mock import MockFactory

from edge.config import LampPinsConfig
from edge.indicator import gpio
from edge.indicator.gpio import BuzzerMute, GpioIndicator
from edge.indicator.patterns import OF_THE_DEVICE, Rhythm
from edge.types import Lamp
from tests.support.pins import PINS, wait_for


@pytest.fixture
def factory() -> Iterator[MockFactory]:
    before, Device.pin_factory = Device.pin_factory, MockFactory()
    yield Device.pin_factory
    Device.pin_factory.reset()
    Device.pin_factory = before


@pytest.fixture
def make(factory: MockFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., GpioIndicator]]:
    """Makes lamps on mock pins, by default past their lamp test."""
    made: list[GpioIndicator] = []

    def _make(
        pins: LampPinsConfig = PINS,
        tested: bool = True,
        buzzer_mute: BuzzerMute | None = None,
        rhythms: Mapping[Lamp, Rhythm] = OF_THE_DEVICE,
    ) -> GpioIndicator:
        monkeypatch.setattr(gpio, "LAMP_TEST_S", 0.01 if tested else 3600)
        made.append(GpioIndicator(pins, buzzer_mute, rhythms))
        if tested:
            wait_for(lambda: not made[-1].testing)
            for number in (17, 27, 22, 5):
                factory.pin(number).clear_states()
        return made[-1]

    yield _make
    for lamps in made:
        lamps.close()
