"""Lamps and buzzer on GPIO pins, through gpiozero."""

from __future__ import annotations

import threading
import time
import warnings
from collections.abc import Callable
from typing import Any

from edge.config import LampPinsConfig
from edge.errors import IndicatorError, MissingExtraError
from edge.indicator.patterns import AMBER_BLINKS, LIT
from edge.types import Lamp

LAMP_TEST_S = 0.5
BEEP_S = 0.15


class BuzzerMute:
    """Keeps the buzzer silent for a while; any thread may begin it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._until = 0.0

    def begin(self, seconds: float) -> None:
        """Silence from now on for so many seconds, whatever an earlier call said."""
        # One float is replaced, which needs no lock.
        self._until = self._clock() + seconds

    @property
    def lasts(self) -> bool:
        """Whether the buzzer must be silent now."""
        return self._clock() < self._until


class GpioIndicator:
    """Three LEDs (or relays) and a buzzer that beeps once when the lamp turns red."""

    def __init__(self, pins: LampPinsConfig, buzzer_mute: BuzzerMute | None = None) -> None:
        """Takes the pins and begins the lamp test, which ends by itself.

        Raises:
            IndicatorError: A pin cannot be used.
            MissingExtraError: gpiozero is not installed.
        """
        self._shown = Lamp.OFF
        self._buzzer_mute = buzzer_mute or BuzzerMute()
        self._testing = True
        self._lock = threading.Lock()
        self._leds, self._buzzer = _take(pins)
        for led in self._leds:
            led.on()
        self._test = threading.Timer(LAMP_TEST_S, self.end_test)
        self._test.daemon = True
        self._test.start()

    def show(self, lamp: Lamp) -> None:
        """Switches the lamps; what comes during the lamp test is shown when it ends."""
        with self._lock:
            turned_red = lamp is Lamp.RED and self._shown is not Lamp.RED
            self._shown = lamp
            if not self._testing:
                self._light(lamp)
        if turned_red and self._buzzer is not None and not self._buzzer_mute.lasts:
            self._buzzer.beep(on_time=BEEP_S, off_time=BEEP_S, n=1)

    def close(self) -> None:
        """Lamps and buzzer off, pins given back; may be called more than once."""
        with self._lock:
            self._test.cancel()
            # A timer that is not stopped in time waits for the lock, and has to find the test over.
            self._testing = False
            _release([*self._leds, self._buzzer])
            self._leds, self._buzzer = (), None

    @property
    def testing(self) -> bool:
        """Whether the lamp test is under way."""
        with self._lock:
            return self._testing

    def end_test(self) -> None:
        """Ends the lamp test, as it does by itself after `LAMP_TEST_S`; afterwards it does nothing."""
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
        # After `close` there are no LEDs.
        if lamp in AMBER_BLINKS and self._leds:
            on_s, off_s = AMBER_BLINKS[lamp]
            self._leds[1].blink(on_time=on_s, off_time=off_s)


def _take(pins: LampPinsConfig) -> tuple[tuple[Any, ...], Any]:
    """Opens red, amber, green and the buzzer (None where there is none), or nothing at all."""
    led, buzzer = import_gpiozero()
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
