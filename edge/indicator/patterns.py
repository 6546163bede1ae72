"""Which lamps burn for each state, and in which rhythm."""

from __future__ import annotations

from edge.config import LampPatternsConfig
from edge.types import Lamp

LIT: dict[Lamp, tuple[bool, bool, bool]] = {
    Lamp.OFF: (False, False, False),
    Lamp.GREEN: (False, False, True),
    Lamp.AMBER: (False, True, False),
    Lamp.RED_AMBER: (True, True, False),
    Lamp.RED: (True, False, False),
    Lamp.BLIND: (False, True, False),
    Lamp.FAULT: (False, True, False),
}
"""Whether red, amber and green burn."""

Rhythm = tuple[float, float]
"""Seconds on and seconds off."""

OF_THE_DEVICE: dict[Lamp, Rhythm] = {Lamp.BLIND: (0.5, 0.5), Lamp.FAULT: (0.1, 2.9)}
"""States of the device itself, which no configuration changes."""

PATTERNS: dict[str, Rhythm] = {"blink": (0.5, 0.5), "pulse": (0.2, 0.8)}
"""What does not burn steadily. A pulse is no fading: a relay may be between pin and lamp."""


def rhythms(patterns: LampPatternsConfig) -> dict[Lamp, Rhythm]:
    """The rhythm of each state that does not burn steadily."""
    chosen = {
        Lamp.GREEN: patterns.compliant,
        Lamp.RED: patterns.no_mask,
        Lamp.RED_AMBER: patterns.mask_incorrect,
        Lamp.AMBER: patterns.unsure,
    }
    of_verdicts = {lamp: PATTERNS[pattern] for lamp, pattern in chosen.items() if pattern in PATTERNS}
    return of_verdicts | OF_THE_DEVICE
