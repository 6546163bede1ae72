"""Whether anything has moved since somebody looked, cheaply. Pure."""

from __future__ import annotations

import cv2
import numpy as np

from edge.scene.small import SmallPicture, small_grey
from edge.types import Image

LONG_SIDE = 80
"""Pixels. Somebody far away is some pixels here, body and all."""

LEVELS = 8
"""Grey levels (0 to 255) by which a pixel has changed; noise of a sensor makes 1 to 2 after the blur."""

LEAST_PIXELS = 4


class ChangeDetector:
    """Compares pictures with the one that was remembered last."""

    def __init__(self) -> None:
        self._remembered: SmallPicture | None = None
        self._latest: SmallPicture | None = None

    def remember(self) -> None:
        """Takes the picture that `changed` was asked about last as the one to compare with."""
        self._remembered = self._latest

    def changed(self, picture: Image) -> bool:
        """Whether a picture, of any size, differs from the remembered one by more than noise."""
        before, now = self._remembered, _reduced(picture)
        self._latest = now
        if before is None or before.shape != now.shape:
            return True
        return int(np.count_nonzero(cv2.absdiff(before, now) > LEVELS)) >= LEAST_PIXELS


def _reduced(picture: Image) -> SmallPicture:
    reduced: SmallPicture = cv2.blur(small_grey(picture, LONG_SIDE), (3, 3))  # type: ignore[assignment]
    return reduced
