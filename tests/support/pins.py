"""Reading mock pins."""

from __future__ import annotations

import time
from collections.abc import Callable

from gpiozero.pins.mock import MockFactory

from edge.config import LampPinsConfig

PINS = LampPinsConfig(red=17, amber=27, green=22, buzzer=5)


def levels(factory: MockFactory) -> tuple[bool, bool, bool]:
    """Whether red, amber and green are lit now."""
    return tuple(bool(factory.pin(number).state) for number in (17, 27, 22))  # type: ignore[return-value]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)
