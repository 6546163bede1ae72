"""Small grey pictures, made cheaply. Pure."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image

SmallPicture = NDArray[np.uint8]
"""Grey levels of shape (height, width)."""


def small_grey(picture: Image, long_side: int) -> SmallPicture:
    """A picture in grey, its long side `long_side` pixels or less.

    Every pixel of it is the mean of some of the picture's. A large picture is thinned out first.
    """
    height, width = picture.shape[:2]
    # Two pixels for each that is kept, either way: enough to average noise away.
    step = max(1, max(height, width) // (2 * long_side))
    thinned = picture[::step, ::step]
    scale = min(1.0, long_side / max(thinned.shape[:2]))
    size = max(1, round(thinned.shape[1] * scale)), max(1, round(thinned.shape[0] * scale))
    small = cv2.resize(thinned, size, interpolation=cv2.INTER_AREA)
    return cast(SmallPicture, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY))
