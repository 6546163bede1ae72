"""Drawn backgrounds that hold no face: cloth, stripes, gradients, hands, heads from behind.

Crude on purpose: they teach that round, skin-coloured or finely patterned is not enough.
"""

from __future__ import annotations

import cv2
import numpy as np

from edge.types import Image
from training import cloth
from training.pixels import as_image
from training.synthesize import Random

_SKIN = np.array([(150, 180, 225), (110, 145, 200), (80, 110, 165), (55, 75, 120), (40, 55, 85)], np.float32)
_HAIR = np.array([(20, 20, 25), (35, 45, 70), (60, 80, 110), (120, 150, 180), (150, 150, 155)], np.float32)


def clutter(size: int, rng: Random) -> Image:
    """A background (size, size, 3) BGR without any face."""
    kind = rng.random()
    if kind < 0.35:
        pixels = np.full((size, size, 3), rng.integers(0, 256, 3), np.uint8)
    elif kind < 0.6:
        pixels = _coarse(size, rng)
    else:
        pixels = _cloth(size, rng)
    for _ in range(int(rng.integers(0, 4))):
        _thing(pixels, rng)
    return pixels


def _coarse(size: int, rng: Random) -> Image:
    cells = int(rng.integers(2, 24))
    field = rng.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
    way = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(field, (size, size), interpolation=way), np.uint8)


def _cloth(size: int, rng: Random) -> Image:
    repeats = int(rng.integers(1, 5))
    tiled = np.tile(as_image(cloth.make(rng)), (repeats, repeats, 1))
    return np.asarray(cv2.resize(tiled, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _thing(pixels: Image, rng: Random) -> None:
    """A head from behind, or a hand."""
    size = len(pixels)
    at = rng.uniform(0, size, 2)
    radius = size * float(np.exp(rng.uniform(np.log(0.03), np.log(0.3))))
    if rng.random() < 0.5:
        ink = (rng.choice(_HAIR) * rng.uniform(0.7, 1.3)).tolist()
        axes = (max(1, round(radius)), max(1, round(radius * rng.uniform(1.1, 1.5))))
        cv2.ellipse(
            pixels, (int(at[0]), int(at[1])), axes, float(rng.uniform(-20, 20)), 0, 360, ink, -1, cv2.LINE_AA
        )
        return
    ink = (rng.choice(_SKIN) * rng.uniform(0.8, 1.15)).tolist()
    cv2.circle(pixels, (int(at[0]), int(at[1])), max(1, round(radius * 0.7)), ink, -1, cv2.LINE_AA)
    start = rng.uniform(0, 2 * np.pi)
    for finger in range(int(rng.integers(2, 6))):
        angle = start + finger * 0.35
        tip = at + 1.7 * radius * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(
            pixels,
            (int(at[0]), int(at[1])),
            (int(tip[0]), int(tip[1])),
            ink,
            max(1, round(radius * 0.25)),
            cv2.LINE_AA,
        )
