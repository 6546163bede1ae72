"""The lamp on the console."""

from __future__ import annotations

import sys
from collections.abc import Container
from typing import TextIO

from edge.indicator.patterns import LIT, OF_THE_DEVICE
from edge.types import Lamp

_ANSI = ("31", "33", "32")
"""Terminal colours of red, amber and green."""


class ConsoleIndicator:
    """Writes one line for each change; a terminal gets the three lamps drawn."""

    def __init__(self, stream: TextIO | None = None, blinking: Container[Lamp] = OF_THE_DEVICE) -> None:
        """`blinking`: the states that do not burn steadily."""
        self._blinking = blinking
        self._stream = stream or sys.stdout
        self._draws = self._stream.isatty()
        self._shown: Lamp | None = None

    def show(self, lamp: Lamp) -> None:
        """Writes the new state."""
        self._shown = lamp
        drawing = f"{_drawn(lamp, blinks=lamp in self._blinking)} " if self._draws else ""
        self._stream.write(f"lamp: {drawing}{lamp.replace('_', ' and ')}\n")
        self._stream.flush()

    def close(self) -> None:
        """Says that the lamp is off, where it was not."""
        if self._shown not in (None, Lamp.OFF):
            self.show(Lamp.OFF)


def _drawn(lamp: Lamp, *, blinks: bool) -> str:
    """Red, amber and green as three dots on a terminal, which may blink."""
    blink = ";5" if blinks else ""
    dots = (
        f"\033[{colour}{blink}m●\033[0m" if on else "○" for colour, on in zip(_ANSI, LIT[lamp], strict=True)
    )
    return "".join(dots)
