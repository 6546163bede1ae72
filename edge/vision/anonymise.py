"""Making a picture fit to be seen: eyes and forehead become coarse squares before it is encoded."""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Face, Image

SQUARES = 5
"""Squares across a face: enough to see that there is a face, too few to see whose."""


def pixelate(image: Image, face: Face) -> None:
    """Pixelates the eyes and the forehead of a face, in place.

    The band reaches from above the box to below the eyes; without landmarks, to its middle. What
    decides about the mask, nose and mouth, stays to be seen.

    Args:
        image: (height, width, 3) in any colour order.
        face: The face in pixels of the image.
    """
    box = face.box
    eyes = [y for _, y in face.landmarks[:2]]
    bottom = max(eyes) + 0.12 * box.h if eyes else box.y + 0.5 * box.h
    band = _inside(image, (box.x - 0.1 * box.w, box.y - 0.25 * box.h, box.x + 1.1 * box.w, bottom))
    if band.size == 0:
        return
    height, width = band.shape[:2]
    rows = max(1, round(SQUARES * height / width))
    # The mean over each square: nearest neighbour would keep original pixels.
    coarse = cv2.resize(band, (SQUARES, rows), interpolation=cv2.INTER_AREA)
    band[:] = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_NEAREST)


def _inside(image: Image, corners: tuple[float, float, float, float]) -> Image:
    """The part of a picture between two corners, as a view."""
    height, width = image.shape[:2]
    x0, y0, x1, y1 = (round(value) for value in corners)
    return image[
        np.clip(y0, 0, height) : np.clip(y1, 0, height), np.clip(x0, 0, width) : np.clip(x1, 0, width)
    ]
