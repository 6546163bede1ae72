"""Which lamps burn for each state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory

from edge.config import LampPatternsConfig
from edge.indicator.gpio import GpioIndicator
from edge.indicator.patterns import OF_THE_DEVICE, PATTERNS, rhythms
from edge.types import Lamp
from tests.support.pins import levels


@pytest.mark.parametrize(
    ("lamp", "lit"),
    [
        (Lamp.RED, (True, False, False)),
        (Lamp.RED_AMBER, (True, True, False)),
        (Lamp.AMBER, (False, True, False)),
        (Lamp.GREEN, (False, False, True)),
        (Lamp.OFF, (False, False, False)),
    ],
)
def test_each_state_lights_its_lamps(
    factory: MockFactory, make: Callable[..., GpioIndicator], lamp: Lamp, lit: tuple[bool, bool, bool]
) -> None:
    """Every state but blind and fault burns steadily, whatever was shown before."""
    lamps = make()
    for before in Lamp:
        lamps.show(before)
        lamps.show(lamp)
        assert levels(factory) == lit


def test_only_what_is_configured_blinks() -> None:
    """Verdicts burn steadily unless their key says otherwise; states of the device keep their rhythm."""
    assert rhythms(LampPatternsConfig()) == OF_THE_DEVICE
    chosen = rhythms(LampPatternsConfig(no_mask="blink", mask_incorrect="pulse"))
    assert chosen == {Lamp.RED: PATTERNS["blink"], Lamp.RED_AMBER: PATTERNS["pulse"], **OF_THE_DEVICE}


def test_no_verdict_can_look_like_a_device_that_sees_nothing() -> None:
    """What amber does for a verdict differs from what it does for the device."""
    amber = {rhythms(LampPatternsConfig(unsure=each))[Lamp.AMBER] for each in ("pulse",)}
    assert amber.isdisjoint(OF_THE_DEVICE.values())
