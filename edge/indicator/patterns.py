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
}
"""Whether red, amber and green burn steadily; `BLIND` blinks amber."""
