"""Lamps and buzzer: on GPIO pins through gpiozero, on the console, or none."""

from __future__ import annotations

import sys
import threading
import time
import warnings
from collections.abc import Callable
from typing import Any, TextIO

from edge.config import LampConfig, LampPins
from edge.errors import IndicatorError, MissingExtraError
from edge.pipeline import Indicator
from edge.types import Lamp

LAMP_TEST_S = 0.5
BLINK_S = 0.5
BEEP_S = 0.15

LIT: dict[Lamp, tuple[bool, bool, bool]] = {
    Lamp.OFF: (False, False, False),
    Lamp.GREEN: (False, False, True),
    Lamp.AMBER: (False, True, False),
    Lamp.RED_AMBER: (True, True, False),
    Lamp.RED: (True, False, False),
    Lamp.BLIND: (False, False, False),
}
"""Whether red, amber and green burn steadily; `BLIND` blinks amber."""

_ANSI = ("31", "33", "32")
"""Terminal colours of red, amber and green."""


class Hush:
    """Keeps the buzzer silent for a while; may be told to by any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Silence from now on for so long, whatever was said before."""
        self._until = self._clock() + seconds

    @property
    def lasts(self) -> bool:
        """Whether the buzzer must be silent now."""
        return self._clock() < self._until


def open_indicator(
    settings: LampConfig, console: TextIO | None = None, hush: Hush | None = None
) -> Indicator:
    """The indicator that the configuration names; lamps on pins are all lit for a moment.

    Args:
        settings: The lamp section of the configuration.
        console: Where the console's lamp is drawn; standard output unless given.
        hush: What may keep the buzzer silent.

    Raises:
        IndicatorError: A pin cannot be used.
        MissingExtraError: gpiozero is not installed.
    """
    if settings.kind == "gpio":
        return GpioIndicator(settings.pins, hush)
    return ConsoleIndicator(console) if settings.kind == "console" else NullIndicator()


class NullIndicator:
    """Shows nothing."""

    def show(self, lamp: Lamp) -> None:
        """Does nothing."""

    def close(self) -> None:
        """Does nothing."""


class ConsoleIndicator:
    """Writes one line for each change; a terminal gets the three lamps drawn."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._draws = self._stream.isatty()
        self._shown: Lamp | None = None

    def show(self, lamp: Lamp) -> None:
        """Writes the new state."""
        self._shown = lamp
        drawing = f"{_drawn(lamp)} " if self._draws else ""
        self._stream.write(f"lamp: {drawing}{lamp.replace('_', ' and ')}\n")
        self._stream.flush()

    def close(self) -> None:
        """Says that the lamp is off, where it was not."""
        if self._shown not in (None, Lamp.OFF):
            self.show(Lamp.OFF)


def _drawn(lamp: Lamp) -> str:
    """Red, amber and green as three dots on a terminal; blindness blinks."""
    lit = (False, True, False) if lamp is Lamp.BLIND else LIT[lamp]
    blink = ";5" if lamp is Lamp.BLIND else ""
    dots = (f"\033[{colour}{blink}m●\033[0m" if on else "○" for colour, on in zip(_ANSI, lit, strict=True))
    return "".join(dots)


class GpioIndicator:
    """Three LEDs (or relays) and a buzzer that beeps once when the lamp turns red."""

    def __init__(self, pins: LampPins, hush: Hush | None = None) -> None:
        """Takes the pins and begins the lamp test, which ends by itself.

        Raises:
            IndicatorError: A pin cannot be used.
            MissingExtraError: gpiozero is not installed.
        """
        self._shown = Lamp.OFF
        self._hush = hush or Hush()
        self._testing = True
        self._lock = threading.Lock()
        self._leds, self._buzzer = _take(pins)
        for led in self._leds:
            led.on()
        self._test = threading.Timer(LAMP_TEST_S, self._end_test)
        self._test.daemon = True
        self._test.start()

    def show(self, lamp: Lamp) -> None:
        """Switches the lamps; what comes during the lamp test is shown when it ends."""
        with self._lock:
            turned_red = lamp is Lamp.RED and self._shown is not Lamp.RED
            self._shown = lamp
            if not self._testing:
                self._light(lamp)
        if turned_red and self._buzzer is not None and not self._hush.lasts:
            self._buzzer.beep(on_time=BEEP_S, off_time=BEEP_S, n=1)

    def close(self) -> None:
        """Lamps and buzzer off, pins given back; may be called more than once."""
        with self._lock:
            self._test.cancel()
            self._testing = False
            _release([*self._leds, self._buzzer])
            self._leds, self._buzzer = (), None

    def _end_test(self) -> None:
        with self._lock:
            if self._testing:
                self._testing = False
                self._light(self._shown)

    def _light(self, lamp: Lamp) -> None:
        for led, lit in zip(self._leds, LIT[lamp], strict=False):
            if lit:
                led.on()
            else:
                led.off()
        if lamp is Lamp.BLIND and self._leds:
            self._leds[1].blink(on_time=BLINK_S, off_time=BLINK_S)


def _take(pins: LampPins) -> tuple[tuple[Any, ...], Any]:
    """Opens red, amber, green and the buzzer (None where there is none), or nothing at all."""
    led, buzzer = _import_gpiozero()
    taken: list[Any] = []
    try:
        for name, pin in (("red", pins.red), ("amber", pins.amber), ("green", pins.green)):
            taken.append(_open(led, name, pin, pins.active_high))
        if pins.buzzer is None:
            return tuple(taken), None
        return tuple(taken), _open(buzzer, "buzzer", pins.buzzer, pins.active_high)
    except IndicatorError:
        _release(taken)
        raise


def _release(devices: list[Any]) -> None:
    """Switches devices off before it gives their pins back: a pin keeps its last level."""
    for device in devices:
        if device is not None:
            device.off()
            device.close()


def _import_gpiozero() -> tuple[Callable[..., Any], Callable[..., Any]]:
    try:
        from gpiozero import LED, Buzzer  # noqa: PLC0415 - only devices with lamps have it
    except ImportError:
        raise MissingExtraError(
            'lamp.kind is gpio, but gpiozero is not installed: pip install "maskgate[pi]"'
        ) from None
    return LED, Buzzer


def _open(kind: Callable[..., Any], name: str, pin: int, active_high: bool) -> Any:
    """Takes one pin, off from the start."""
    try:
        with warnings.catch_warnings():
            # gpiozero warns of each pin library that it tries in vain; the last one's error says it all.
            warnings.simplefilter("ignore")
            return kind(pin, active_high=active_high, initial_value=False)
    except Exception as error:  # pin libraries raise whatever they like
        reason = str(error) or type(error).__name__
        raise IndicatorError(
            f"lamp.pins.{name}: GPIO {pin} cannot be used: {reason}; is the pin free, and this user in "
            "the group gpio?"
        ) from None
