"""How much a device that is hot or short of power may do, in steps."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from edge.system import health
from edge.system.health import Health

READ_EVERY_S = 5.0
STEPS_C = (75.0, 80.0, 84.0)
"""From these temperatures on. The firmware of a Raspberry Pi slows down at 80, and more at 85."""

COOLER_C = 3.0
"""By so much a device must be cooler than a step to leave it."""

CALM_S = 60.0
"""And for so long, so that the rate does not go up and down."""

INTERVALS_S = (0.0, 1 / 8, 1 / 5, 1 / 3)
"""Least seconds between two frames that are looked at, for each step."""


class Governor:
    """Goes up at once, and down one step at a time."""

    def __init__(
        self, read: Callable[[], Health] = health.read, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._clock = clock
        self._read_at = -math.inf
        self._calm_since: float | None = None
        self.step = 0

    def interval_s(self, _now: float = 0.0) -> float:
        """The least seconds between two frames that are looked at; asks the device now and then."""
        now = self._clock()
        if now - self._read_at >= READ_EVERY_S:
            self._read_at = now
            self._follow(self._read(), now)
        return INTERVALS_S[self.step]

    def _follow(self, found: Health, now: float) -> None:
        wanted, kept = _step(found, 0.0), _step(found, COOLER_C)
        if wanted >= self.step:
            self.step, self._calm_since = wanted, None
        elif kept >= self.step:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now
        elif now - self._calm_since >= CALM_S:
            self.step, self._calm_since = self.step - 1, None


def _step(found: Health, margin: float) -> int:
    """The step that a device's health asks for; `margin`: degrees by which it is taken to be hotter."""
    # Only a Raspberry Pi tells the latter; other processors are made for other temperatures.
    if found.temperature_c is None or found.throttled is None:
        return 0
    hot = sum(found.temperature_c + margin >= at for at in STEPS_C)
    if found.under_voltage:
        return max(hot, 3)
    return max(hot, 2) if found.throttled else hot
