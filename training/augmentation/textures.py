"""Cloth for drawn masks: colours, patterns, folds, seams and valves as square textures.

A texture is (SIDE, SIDE, 3) float32, 0 to 255, RGB: its columns run across the face, its rows
from the upper to the lower edge of the mask.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from training.augmentation.pixels import Field, as_field

SIDE = 96
Texture = NDArray[np.float32]
Random = np.random.Generator

_USUAL = (
    (150, 195, 220), (120, 175, 205), (235, 238, 240), (225, 222, 215), (28, 28, 30), (48, 50, 56),
    (120, 122, 126), (165, 205, 180), (232, 180, 195), (30, 45, 85), (150, 40, 45), (205, 190, 165),
)  # fmt: skip


def make(rng: Random) -> Texture:
    """A random cloth with its pattern, its make and its folds."""
    base = np.broadcast_to(colour(rng), (SIDE, SIDE, 3)).astype(np.float32)
    cloth = PATTERNS[rng.integers(len(PATTERNS))](base, rng) if rng.random() < 0.45 else base.copy()
    cloth = MAKES[rng.integers(len(MAKES))](cloth, rng)
    return as_field(cloth * folds(rng)[..., None])


def vary(texture: Texture, rng: Random) -> Texture:
    """A photographed cloth, often mirrored and often in another colour."""
    out = texture[:, ::-1] if rng.random() < 0.5 else texture
    if rng.random() < 0.5:
        light = out.mean(axis=2, keepdims=True)
        # Only the colour changes: folds, seams and shade of the photograph stay.
        out = light / max(float(light.mean()), 1.0) * colour(rng)
    return np.ascontiguousarray(as_field(out))


def colour(rng: Random) -> NDArray[np.float32]:
    """A usual mask colour with some variation, or any colour at all."""
    if rng.random() < 0.7:
        usual = np.array(_USUAL[rng.integers(len(_USUAL))], np.float32)
        return as_field(usual + rng.normal(0, 14, 3))
    # OpenCV's hues of 8 bits end at 179.
    hsv = np.array([[[rng.integers(180), rng.integers(20, 256), rng.integers(30, 256)]]], np.uint8)
    return as_field(cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)[0, 0])


def at(texture: Texture, u: NDArray[np.floating], v: NDArray[np.floating]) -> Texture:
    """The cloth at places across (`u`) and down (`v`), 0 to 1; the shape of `u`, with 3 channels."""
    x, y = ((axis * (SIDE - 1)).astype(np.float32) for axis in (u, v))
    return cv2.remap(texture, x, y, cv2.INTER_LINEAR)  # type: ignore[return-value]


def _grid() -> tuple[Field, Field]:
    y, x = np.mgrid[0 : 1 : SIDE * 1j, 0 : 1 : SIDE * 1j].astype(np.float32)
    return x, y


def clouds(rng: Random, cells: int) -> Field:
    """Smooth random values, about 0 with deviation about 0.5, (SIDE, SIDE)."""
    coarse = rng.normal(0, 0.8, (cells, cells)).astype(np.float32)
    return cv2.resize(coarse, (SIDE, SIDE), interpolation=cv2.INTER_CUBIC)  # type: ignore[return-value]


def _blend(base: Texture, share: Field, other: NDArray[np.float32]) -> Texture:
    return base * (1 - share[..., None]) + other * share[..., None]


def stripes(base: Texture, rng: Random) -> Texture:
    """Stripes or, crossed, checks."""
    x, y = _grid()
    angle, count = rng.uniform(0, np.pi), rng.uniform(3, 16)
    along = np.cos(angle) * x + np.sin(angle) * y
    across = np.cos(angle) * y - np.sin(angle) * x
    share = (np.sin(2 * np.pi * count * along) > rng.uniform(-0.5, 0.7)).astype(np.float32)
    if rng.random() < 0.4:
        share = np.maximum(share, (np.sin(2 * np.pi * count * across) > 0.5).astype(np.float32)) * 0.8
    return _blend(base, share, colour(rng))


def dots(base: Texture, rng: Random) -> Texture:
    """Dots or small motifs on a grid."""
    x, y = _grid()
    count, radius = rng.uniform(4, 14), rng.uniform(0.15, 0.4)
    inside = ((x * count) % 1 - 0.5) ** 2 + ((y * count) % 1 - 0.5) ** 2 < radius**2
    return _blend(base, inside.astype(np.float32), colour(rng))


def blots(base: Texture, rng: Random) -> Texture:
    """Camouflage, flowers, tie-dye: blots of two more colours."""
    cells = int(rng.integers(4, 18))
    once = _blend(base, (clouds(rng, cells) > 0.15).astype(np.float32), colour(rng))
    return _blend(once, (clouds(rng, cells) > 0.45).astype(np.float32), colour(rng))


def emblem(base: Texture, rng: Random) -> Texture:
    """Lettering, a grin or a badge: a few strokes in the middle or at one side."""
    out = base.copy()
    ink = [float(value) for value in colour(rng)]
    centre = rng.uniform(0.25, 0.75, 2) * SIDE
    for _ in range(int(rng.integers(1, 9))):
        ends = (centre + rng.normal(0, SIDE * 0.12, (2, 2)) * (1.5, 0.7)).astype(int)
        cv2.line(
            out, tuple(map(int, ends[0])), tuple(map(int, ends[1])), ink, int(rng.integers(1, 6)), cv2.LINE_AA
        )
    return out


def shaded(base: Texture, rng: Random) -> Texture:
    """One colour runs into another."""
    x, y = _grid()
    return _blend(base, y if rng.random() < 0.7 else x, colour(rng))


def surgical(base: Texture, rng: Random) -> Texture:
    """Pleats across and a stitched rim; often a wire at the nose."""
    _, y = _grid()
    out = base.copy()
    for pleat in np.linspace(0.25, 0.8, int(rng.integers(2, 5))) + rng.normal(0, 0.02):
        out *= (
            1 - (rng.uniform(0.08, 0.35) * np.exp(-(((y - pleat) / rng.uniform(0.01, 0.03)) ** 2)))[..., None]
        )
    rim = (y < rng.uniform(0.03, 0.1)) | (y > 0.95)
    return out * np.where(rim, rng.uniform(0.85, 1.15), 1.0).astype(np.float32)[..., None]


def cup(base: Texture, rng: Random) -> Texture:
    """A formed mask: seam down the middle, bulging, sometimes with a valve."""
    x, y = _grid()
    out = base * (1.08 - 0.7 * (x - 0.5) ** 2)[..., None]
    if rng.random() < 0.6:
        out *= (1 - rng.uniform(0.1, 0.35) * np.exp(-(((x - 0.5) / 0.012) ** 2)))[..., None]
    if rng.random() < 0.35:
        where = rng.choice([0.3, 0.5, 0.7]), rng.uniform(0.45, 0.7)
        ring = ((x - where[0]) ** 2 + (y - where[1]) ** 2 < rng.uniform(0.07, 0.13) ** 2).astype(np.float32)
        out = _blend(out, ring * 0.9, colour(rng))
    return out


def plain(base: Texture, rng: Random) -> Texture:
    """Sewn or knitted cloth: a hem, some weave."""
    _, y = _grid()
    hem = (y < 0.06) | (y > 0.94)
    weave = 1 + rng.uniform(0, 0.06) * rng.normal(0, 1, (SIDE, SIDE))
    return base * (np.where(hem, rng.uniform(0.75, 1.1), 1.0) * weave).astype(np.float32)[..., None]


def folds(rng: Random) -> Field:
    """Soft light and dark of creased cloth, about 1."""
    depth = rng.uniform(0.02, 0.16)
    creases = cv2.resize(clouds(rng, int(rng.integers(4, 9))), (SIDE, SIDE))
    return (1 + depth * creases + 0.5 * depth * clouds(rng, 14)).astype(np.float32)


Change = Callable[[Texture, Random], Texture]
PATTERNS: tuple[Change, ...] = (stripes, dots, blots, emblem, shaded)
MAKES: tuple[Change, ...] = (surgical, surgical, cup, plain)
