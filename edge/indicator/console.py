"""The lamp on the console."""

from __future__ import annotations

import sys
from typing import TextIO

from edge.indicator.patterns import AMBER_BLINKS, LIT
from edge.types import Lamp

_ANSI = ("31", "33", "32")
"""Terminal colours of red, amber and green."""


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
    """Red, amber and green as three dots on a terminal; amber may blink."""
    blinks = lamp in AMBER_BLINKS
    lit = (False, True, False) if blinks else LIT[lamp]
    blink = ";5" if blinks else ""
    dots = (f"\033[{colour}{blink}m●\033[0m" if on else "○" for colour, on in zip(_ANSI, lit, strict=True))
    return "".join(dots)
