"""Lamps, buzzer and relay: on GPIO pins through gpiozero; lamps on the console, too, or none."""

from __future__ import annotations

from typing import TextIO

from edge.config import LampConfig, RelayConfig
from edge.indicator.console import ConsoleIndicator
from edge.indicator.gpio import BuzzerMute, GpioIndicator
from edge.indicator.patterns import rhythms
from edge.indicator.relay import GuardedRelay
from edge.pipeline.ports import Indicator, Relay
from edge.system.pins import import_gpiozero, rest
from edge.system.relay_link import reach_guard
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
        return GpioIndicator(settings.pins, buzzer_mute, rhythms(settings.patterns))
    if settings.kind == "console":
        return ConsoleIndicator(console, rhythms(settings.patterns))
    return NullIndicator()


def open_relay(settings: RelayConfig) -> Relay | None:
    """The relay, let go; None where none is configured.

    Raises:
        IndicatorError: Its pin cannot be used.
        MissingExtraError: gpiozero is not installed.
    """
    examine_relay(settings)
    pin = settings.pin
    return None if pin is None else GuardedRelay(pin, settings, reach_guard())


def try_relay(settings: RelayConfig) -> None:
    """Takes the pin of the relay and gives it back, without energising it; raises like `open_relay`."""
    relay = open_relay(settings)
    if relay is not None:
        relay.close()


def examine_indicator(settings: LampConfig) -> None:
    """Raises MissingExtraError where lamps on pins are configured and gpiozero is not installed."""
    if settings.kind == "gpio":
        import_gpiozero()


def examine_relay(settings: RelayConfig) -> None:
    """Raises MissingExtraError where a relay is configured and gpiozero is not installed."""
    if settings.pin is not None:
        import_gpiozero()


def switch_off(lamp: LampConfig, relay: RelayConfig) -> None:
    """Switches every configured pin off, for a program that had no time to.

    Raises:
        IndicatorError: A pin cannot be used; the others are off.
        MissingExtraError: gpiozero is not installed.
    """
    pins: list[tuple[str, int, bool]] = []
    # First what moves something.
    if relay.pin is not None:
        pins.append(("relay.pin", relay.pin, relay.active_high))
    if lamp.kind == "gpio":
        pins += [(f"lamp.pins.{name}", pin, lamp.pins.active_high) for name, pin in lamp.pins.wired.items()]
    rest(pins)


class NullIndicator:
    """Shows nothing."""

    def show(self, lamp: Lamp) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""
