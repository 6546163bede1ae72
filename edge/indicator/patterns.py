"""Which lamps burn for each state."""

from __future__ import annotations

from edge.types import Lamp

LIT: dict[Lamp, tuple[bool, bool, bool]] = {
    Lamp.OFF: (False, False, False),
    Lamp.GREEN: (False, False, True),
    Lamp.AMBER: (False, True, False),
    Lamp.RED_AMBER: (True, True, False),
    Lamp.RED: (True, False, False),
    Lamp.BLIND: (False, False, False),
    Lamp.FAULT: (False, False, False),
}
"""Whether red, amber and green burn steadily."""

AMBER_BLINKS: dict[Lamp, tuple[float, float]] = {Lamp.BLIND: (0.5, 0.5), Lamp.FAULT: (0.1, 2.9)}
"""Seconds for which amber is on and off, where it blinks."""
