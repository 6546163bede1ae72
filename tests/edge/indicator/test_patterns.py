"""Which lamps burn for each state."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from gpiozero.pins.mock import MockFactory

from edge.indicator.gpio import GpioIndicator
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
