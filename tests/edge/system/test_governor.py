"""How much a device that is hot or short of power may do."""

from __future__ import annotations

import pytest

from edge.system.governor import CALM_S, INTERVALS_S, READ_EVERY_S, Governor
from edge.system.health import Health


class Device:
    """A Raspberry Pi whose temperature and voltage are set by hand; the clock goes on with each look."""

    def __init__(self) -> None:
        self.health = Health(50.0, throttled=False, under_voltage=False)
        self.now = 0.0
        self.reads = 0
        self.governor = Governor(self.read, lambda: self.now)

    def read(self) -> Health:
        self.reads += 1
        return self.health

    def after(self, seconds: float) -> int:
        """The step, after as many looks as are due."""
        end = self.now + seconds
        while self.now < end:
            self.now += READ_EVERY_S
            interval_s = self.governor.interval_s()
            assert interval_s == INTERVALS_S[self.governor.step]
        return self.governor.step


@pytest.mark.parametrize(
    ("health", "step"),
    [
        (Health(74.9, False, False), 0),
        (Health(75.0, False, False), 1),
        (Health(80.0, False, False), 2),
        (Health(84.0, False, False), 3),
        (Health(60.0, True, False), 2),
        (Health(60.0, True, True), 3),
        (Health(95.0, None, None), 0),
        (Health(None, None, None), 0),
    ],
)
def test_heat_throttling_and_low_voltage_ask_for_a_step_each(health: Health, step: int) -> None:
    """At once, and only of a Raspberry Pi: other processors look after themselves."""
    device = Device()
    device.health = health
    assert device.after(READ_EVERY_S) == step


def test_a_device_that_cools_down_goes_back_step_by_step() -> None:
    """Each step takes a minute in which it was clearly cooler."""
    device = Device()
    device.health = Health(85.0, False, False)
    assert device.after(READ_EVERY_S) == 3
    device.health = Health(50.0, False, False)
    assert device.after(CALM_S) == 3
    assert device.after(2 * READ_EVERY_S) == 2
    assert device.after(2 * CALM_S + 4 * READ_EVERY_S) == 0


def test_a_temperature_at_the_edge_keeps_its_step() -> None:
    """So that the rate does not go up and down all day."""
    device = Device()
    device.health = Health(75.5, False, False)
    device.after(READ_EVERY_S)
    device.health = Health(73.0, False, False)
    assert device.after(10 * CALM_S) == 1


def test_the_device_is_asked_now_and_then_only() -> None:
    """However often frames come."""
    device = Device()
    for _ in range(1000):
        device.now += READ_EVERY_S / 100
        device.governor.interval_s()
    assert device.reads == pytest.approx(10, abs=1)
