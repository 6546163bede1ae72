"""Cameras that give the same picture again and again, as if it were new."""

from __future__ import annotations

import numpy as np

from edge.types import Image

STEP = 8
"""Every so many pixels and lines are compared: noise changes some of them from picture to picture."""


class Repeats:
    """Says for how long the picture has been the same, to the bit. A picture without any detail is never."""

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
        # A sensor that sees nothing gives black pictures that are all alike; that is no fault of the driver.
        if before is not None and np.array_equal(before, sample) and sample.min() != sample.max():
            return now - self._since
        self._sample, self._since = sample.copy(), now
        return 0.0
