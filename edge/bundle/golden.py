"""Made-up crops for self-tests: the same bytes on every machine, since all is drawn in whole numbers.

Blobs of colour alone seldom look like a face to a classifier; cartoons of faces bring out each label.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from edge import contract
from edge.types import Image

Kind = Literal["blobs", "face"]
Mask = NDArray[np.bool_]

CANVAS = 56
"""Side of the drawing of a face; it is resized to what the classifier takes, which softens its edges."""

_Y, _X = np.mgrid[:CANVAS, :CANVAS].astype(np.int64)


def crop(kind: Kind, seed: int, size: int) -> Image:
    """A made-up crop.

    Args:
        kind: What to draw: "blobs" of colour, or the cartoon of a "face".
        seed: Another seed gives another crop.
        size: Side in pixels.

    Returns:
        (size, size, 3) uint8, RGB.
    """
    out = np.empty((size, size, 3), np.uint8)
    contract.resize_into(_DRAWINGS[kind](np.random.default_rng(seed)), out)
    return out


def _blobs(rng: np.random.Generator) -> Image:
    return rng.integers(0, 256, (8, 8, 3), dtype=np.uint8)


def _face(rng: np.random.Generator) -> Image:
    """A face from the front: bare, with a mask over nose and mouth, or with the nose above the mask."""
    canvas = np.empty((CANVAS, CANVAS, 3), np.int64)
    canvas[:] = rng.integers(20, 236, 3)
    # The order of these draws is part of the crop: golden answers would change with it.
    cx, cy = CANVAS // 2 + _any(rng, -2, 3), CANVAS // 2 + _any(rng, -2, 4)
    wide, high = _any(rng, 15, 20), _any(rng, 20, 25)
    skin = _any(rng, 90, 236) * np.array((100, _any(rng, 70, 86), _any(rng, 54, 74))) // 100
    hair = _any(rng, 10, 90) * np.array((10, 8, 7)) // 10
    _paint(canvas, _ellipse(cx, cy - 3, wide + 3, high + 3), hair)
    _paint(canvas, _box(cx - 7, cy + high - 6, cx + 7, CANVAS), skin * 8 // 10)
    face = _ellipse(cx, cy, wide, high) & (cy - high * 6 // 10 + _any(rng, 0, 4) < _Y)
    _paint(canvas, face, skin)
    eyes, nose, mouth = cy - 4, cy + 4 + _any(rng, 0, 3), cy + 12 + _any(rng, 0, 3)
    _features(canvas, (cx, eyes, nose, mouth), skin, rng)
    top = (None, cy + _any(rng, -1, 4), nose + _any(rng, 1, 8))[_any(rng, 0, 3)]
    if top is not None:
        _mask(canvas, (cx, top, wide, cy + high), face, rng)
    across, down = _any(rng, -8, 9), _any(rng, -8, 9)
    shade = 100 + (_X - CANVAS // 2) * across // 10 + (_Y - CANVAS // 2) * down // 10
    lit: NDArray[np.int64] = canvas * shade[..., np.newaxis] // 100
    return lit.clip(0, 255).astype(np.uint8)


def _features(
    canvas: NDArray[np.int64],
    at: tuple[int, int, int, int],
    skin: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Eyes and brows, a nose by its shadow and nostrils, a mouth; all in colours of the skin."""
    cx, eyes, nose, mouth = at
    apart = _any(rng, 6, 9)
    for side in (-apart, apart):
        _paint(canvas, _ellipse(cx + side, eyes, 4, 2), skin * 7 // 10)
        _paint(canvas, _ellipse(cx + side, eyes, 3, 1), np.array((220, 220, 220)))
        _paint(canvas, _ellipse(cx + side, eyes, 1, 1), np.array((30, 25, 20)))
        _paint(canvas, _box(cx + side - 4, eyes - 5, cx + side + 5, eyes - 3), skin * 4 // 10)
    _paint(canvas, _box(cx - 1, eyes + 1, cx + 2, nose), skin * 11 // 10)
    _paint(canvas, _ellipse(cx, nose, 4, 2), skin * 8 // 10)
    for side in (-2, 2):
        _paint(canvas, _ellipse(cx + side, nose + 1, 1, 1), skin * 4 // 10)
    _paint(canvas, _ellipse(cx, mouth, 6 + _any(rng, 0, 3), 2), skin * np.array((9, 6, 6)) // 10)
    _paint(canvas, _box(cx - 5, mouth, cx + 6, mouth + 1), skin * np.array((5, 3, 3)) // 10)


def _mask(
    canvas: NDArray[np.int64], at: tuple[int, int, int, int], face: Mask, rng: np.random.Generator
) -> None:
    """A cloth from its upper seam to the chin, with folds and straps to the ears."""
    cx, top, wide, chin = at
    cloth = np.array(((200, 215, 230), (120, 175, 205), (225, 225, 220), (40, 40, 45))[_any(rng, 0, 4)])
    cloth = cloth * _any(rng, 80, 105) // 100
    for y in (top + 2, chin - 8):
        _paint(canvas, _box(cx - wide, y, cx + wide + 1, y + 1) & face, cloth * 9 // 10)
    reach = wide - _any(rng, 0, 4)
    covered = _ellipse(cx, (top + chin) // 2, reach, (chin - top) // 2 + 5) & (top <= _Y) & (chin + 1 >= _Y)
    _paint(canvas, covered, cloth)
    for y in range(top + 5, chin - 4, 5):
        _paint(canvas, covered & (y == _Y), cloth * 85 // 100)
    _paint(canvas, covered & (top == _Y), cloth * 75 // 100)


def _any(rng: np.random.Generator, low: int, high: int) -> int:
    return int(rng.integers(low, high))


def _ellipse(cx: int, cy: int, wide: int, high: int) -> Mask:
    # Without a division, so that it stays in whole numbers.
    filled: Mask = ((_X - cx) * high) ** 2 + ((_Y - cy) * wide) ** 2 <= (wide * high) ** 2
    return filled


def _box(left: int, top: int, right: int, bottom: int) -> Mask:
    filled: Mask = (left <= _X) & (right > _X) & (top <= _Y) & (bottom > _Y)
    return filled


def _paint(canvas: NDArray[np.int64], where: Mask, colour: NDArray[np.int64]) -> None:
    canvas[where] = colour


_DRAWINGS: dict[Kind, Callable[[np.random.Generator], Image]] = {"blobs": _blobs, "face": _face}
