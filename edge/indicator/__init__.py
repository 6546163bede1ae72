"""Lamps and buzzer: on GPIO pins through gpiozero, on the console, or none."""

from __future__ import annotations

from typing import TextIO

from edge.config import LampConfig
from edge.indicator.console import ConsoleIndicator
from edge.indicator.gpio import BuzzerMute, GpioIndicator, import_gpiozero
from edge.pipeline.ports import Indicator
from edge.types import Lamp


def open_indicator(
    settings: LampConfig, console: TextIO | None = None, buzzer_mute: BuzzerMute | None = None
) -> Indicator:
    """The indicator that the configuration names; lamps on pins are all lit for a moment.

    Args:
        settings: The lamp section of the configuration.
        console: Where the console's lamp is drawn; standard output unless given.
        buzzer_mute: What may keep the buzzer silent.

    Raises:
        IndicatorError: A pin cannot be used.
        MissingExtraError: gpiozero is not installed.
    """
    if settings.kind == "gpio":
        return GpioIndicator(settings.pins, buzzer_mute)
    return ConsoleIndicator(console) if settings.kind == "console" else NullIndicator()


def examine_indicator(settings: LampConfig) -> None:
    """Raises MissingExtraError where lamps on pins are configured and gpiozero is not installed."""
    if settings.kind == "gpio":
        import_gpiozero()


class NullIndicator:
    """Shows nothing."""

    def show(self, lamp: Lamp) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""
