"""Turning a picture, as all readers of OpenCV do it."""

from __future__ import annotations

from typing import cast

import cv2

from edge.types import Image

ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


def rotated(image: Image, degrees: int, out: Image | None = None) -> Image:
    """Turns a picture clockwise by a multiple of 90 degrees.

    Returns:
        `image` itself for 0; else the turned picture, in `out` where that has the right shape.
    """
    if degrees == 0:
        return image
    return cast(Image, cv2.rotate(image, ROTATIONS[degrees], dst=out))
