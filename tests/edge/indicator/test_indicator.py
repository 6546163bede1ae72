"""Which indicator the configuration picks."""

from __future__ import annotations

from collections.abc import Callable

from edge.config import LampConfig
from edge.indicator import NullIndicator, open_indicator
from edge.indicator.console import ConsoleIndicator
from edge.indicator.gpio import GpioIndicator


def test_the_configuration_picks_the_indicator(make: Callable[..., GpioIndicator]) -> None:
    """Each kind of lamp opens its own indicator."""
    assert isinstance(open_indicator(LampConfig(kind="none")), NullIndicator)
    assert isinstance(open_indicator(LampConfig(kind="console")), ConsoleIndicator)
    lamps = open_indicator(LampConfig(kind="gpio"))
    lamps.close()
    assert isinstance(lamps, GpioIndicator)
