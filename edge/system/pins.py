"""GPIO pins through gpiozero, which is imported nowhere else."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from typing import Any

from edge.errors import IndicatorError, MissingExtraError


def import_gpiozero() -> tuple[Callable[..., Any], Callable[..., Any]]:
    """Its classes of LEDs and buzzers.

    Raises:
        MissingExtraError: It is not installed.
    """
    try:
        from gpiozero import LED, Buzzer  # noqa: PLC0415 - only devices with lamps have it
    except ImportError:
        raise MissingExtraError("lamps on pins need gpiozero, which is not installed", "pi") from None
    return LED, Buzzer


def take(kind: Callable[..., Any], key: str, pin: int, active_high: bool) -> Any:
    """Takes one pin, off from the start.

    Args:
        kind: The class of gpiozero.
        key: The key of the configuration that names the pin.
        pin: Its number (BCM).
        active_high: Whether a high level switches it on.

    Raises:
        IndicatorError: It cannot be used.
    """
    try:
        with warnings.catch_warnings():
            # gpiozero warns of each pin library that it tries in vain; the last one's error says it all.
            warnings.simplefilter("ignore")
            return kind(pin, active_high=active_high, initial_value=False)
    except Exception as error:  # pin libraries raise whatever they like
        reason = " ".join(str(error).split()) or type(error).__name__
        raise IndicatorError(
            f"{key}: GPIO {pin} cannot be used: {reason}; is the pin free, and this user in the group gpio?"
        ) from None


def release(devices: Iterable[Any]) -> None:
    """Switches devices off before it gives their pins back: a pin keeps its last level."""
    for device in devices:
        device.off()
        device.close()


def rest(pins: Iterable[tuple[str, int, bool]]) -> None:
    """Takes pins, switches them off and gives them back.

    Args:
        pins: For each its key in the configuration, its number, and whether a high level switches it on.

    Raises:
        IndicatorError: One of them cannot be used; the others are off.
        MissingExtraError: gpiozero is not installed.
    """
    problems: list[IndicatorError] = []
    for key, pin, active_high in pins:
        led, _ = import_gpiozero()
        try:
            release([take(led, key, pin, active_high)])
        except IndicatorError as error:
            problems.append(error)
    if problems:
        raise problems[0]
