"""Pictures with detail."""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Image
from edge.vision.anonymise import SQUARES


def picture(width: int = 60, height: int = 40) -> Image:
    """Something with detail, so that no format shrinks it to nothing."""
    noise = np.random.default_rng(7).integers(0, 255, (height, width, 3), np.uint8)
    return cv2.GaussianBlur(noise, (5, 5), 0)  # type: ignore[return-value]


def encoded(suffix: str, *options: int) -> bytes:
    ok, data = cv2.imencode(suffix, picture(), options)
    assert ok
    return data.tobytes()


def noise() -> Image:
    return np.random.default_rng(3).integers(0, 256, (160, 160, 3), dtype=np.uint8)


def pixelated(picture: Image, rows: range, columns: slice) -> bool:
    """Whether a part of a picture has no more colours in a row than a face has squares."""
    return all(len(np.unique(picture[row, columns], axis=0)) <= SQUARES for row in rows)
