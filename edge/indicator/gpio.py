"""Lamps and buzzer on GPIO pins."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from edge.config import LampPinsConfig
from edge.errors import IndicatorError
from edge.indicator.patterns import LIT, OF_THE_DEVICE, Rhythm
from edge.system.pins import import_gpiozero, release, take
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

    def __init__(
        self,
        pins: LampPinsConfig,
        buzzer_mute: BuzzerMute | None = None,
        rhythms: Mapping[Lamp, Rhythm] = OF_THE_DEVICE,
    ) -> None:
        """Takes the pins and begins the lamp test, which ends by itself.

        Args:
            pins: Where lamps and buzzer are wired.
            buzzer_mute: What may keep the buzzer silent.
            rhythms: Seconds on and off for each state that does not burn steadily.

        Raises:
            IndicatorError: A pin cannot be used.
            MissingExtraError: gpiozero is not installed.
        """
        self._shown = Lamp.OFF
        self._rhythms = rhythms
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
            release([*self._leds, *([] if self._buzzer is None else [self._buzzer])])
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
        rhythm = self._rhythms.get(lamp)
        # After `close` there are no LEDs.
        for led, lit in zip(self._leds, LIT[lamp], strict=False):
            if not lit:
                led.off()
            elif rhythm is None:
                led.on()
            else:
                led.blink(*rhythm)


def _take(pins: LampPinsConfig) -> tuple[tuple[Any, ...], Any]:
    """Opens red, amber, green and the buzzer (None where there is none), or nothing at all."""
    led, buzzer = import_gpiozero()
    taken: list[Any] = []
    try:
        for name, pin in pins.wired.items():
            kind = buzzer if name == "buzzer" else led
            taken.append(take(kind, f"lamp.pins.{name}", pin, pins.active_high))
    except IndicatorError:
        release(taken)
        raise
    return tuple(taken[:3]), taken[3] if len(taken) > 3 else None
