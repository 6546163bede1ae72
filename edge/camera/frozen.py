"""Cameras that give the same picture again and again, as if it were new."""

from __future__ import annotations

import numpy as np

from edge.types import Image

STEP = 8
"""Every so many pixels and lines are compared: noise changes some of them from picture to picture."""

DARK, FLAT = 40, 4.0
"""Below such a level, and with less deviation, a camera that takes noise away may rightly repeat itself."""


class Repeats:
    """Says for how long the picture has been the same, to the bit. One that shows nothing never is."""

    def __init__(self) -> None:
        self._sample: Image | None = None
        self._since = 0.0

    def same_for(self, picture: Image, now: float) -> float:
        """Seconds since this picture came first; 0 for a new one.

        Args:
            picture: What the camera gave.
            now: Time in seconds, never going back.
        """
        sample = picture[::STEP, ::STEP]
        before = self._sample
        if before is not None and np.array_equal(before, sample) and _shows_something(sample):
            return now - self._since
        self._sample, self._since = sample.copy(), now
        return 0.0


def _shows_something(sample: Image) -> bool:
    return int(sample.max()) >= DARK and float(sample.std()) >= FLAT
