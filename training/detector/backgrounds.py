"""Pictures that hold no face: drawn backgrounds and things, and scenes whose faces were taken apart.

Crude on purpose: they teach that round, skin-coloured, shaded or finely patterned is not enough.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.augmentation import textures
from training.augmentation.masks import Random
from training.augmentation.pixels import as_image
from training.detector.scenes import Scene

_SKIN = np.array([(150, 180, 225), (110, 145, 200), (80, 110, 165), (55, 75, 120), (40, 55, 85)], np.float32)
_HAIR = np.array([(20, 20, 25), (35, 45, 70), (60, 80, 110), (120, 150, 180), (150, 150, 155)], np.float32)


def background(size: int, rng: Random, empty: tuple[Image, ...] = ()) -> Image:
    """A background (size, size, 3) BGR without any face.

    Args:
        size: Its side.
        rng: Decides.
        empty: Photographs without people, to take some from.
    """
    kind = rng.random()
    if empty and kind < 0.4:
        pixels = view_of(empty[int(rng.integers(len(empty)))], size, rng)
    elif kind < 0.6:
        pixels = np.full((size, size, 3), rng.integers(0, 256, 3), np.uint8)
    elif kind < 0.8:
        pixels = _coarse(size, rng)
    else:
        pixels = _cloth(size, rng)
    for _ in range(int(rng.integers(0, 4))):
        _thing(pixels, rng)
    return pixels


def crowded_background(size: int, rng: Random, empty: tuple[Image, ...]) -> Image:
    """A background full of things that are no faces."""
    pixels = background(size, rng, empty)
    for _ in range(int(rng.integers(3, 16))):
        _thing(pixels, rng)
    return pixels


def view_of(photograph: Image, size: int, rng: Random) -> Image:
    """A random part of a photograph, turned and mirrored at random."""
    short = min(photograph.shape[:2])
    side = int(np.clip(np.exp(rng.uniform(np.log(0.15), 0)) * short, 16, short))
    x, y = (int(rng.integers(0, edge - side + 1)) for edge in (photograph.shape[1], photograph.shape[0]))
    part = np.rot90(photograph[y : y + side, x : x + side], int(rng.choice([0, 0, 1, 3])))
    way = cv2.INTER_AREA if side > size else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(part), (size, size), interpolation=way), np.uint8)


def without_faces(scene: Scene, rng: Random) -> Scene:
    """The scene with every face cut into blocks in another order: skin and cloth, but no face."""
    pixels = scene.pixels.copy()
    height, width = pixels.shape[:2]
    for x, y, w, h in scene.boxes:
        x0, y0 = max(int(x - 0.15 * w), 0), max(int(y - 0.15 * h), 0)
        x1, y1 = min(int(x + 1.15 * w), width), min(int(y + 1.15 * h), height)
        if x1 - x0 >= 4 and y1 - y0 >= 4:
            pixels[y0:y1, x0:x1] = _shuffled(pixels[y0:y1, x0:x1], rng)
    none = np.zeros(0, bool)
    return replace(
        scene,
        pixels=pixels,
        boxes=np.zeros((0, 4), np.float32),
        marks=np.zeros((0, 5, 2), np.float32),
        counts=none,
        without_mask=none,
    )


def _shuffled(part: NDArray[np.uint8], rng: Random) -> Image:
    many = int(rng.integers(3, 7))
    size = part.shape[1], part.shape[0]
    cell = max(1, max(size) // many)
    # Blocks of equal size need a side that they divide.
    square = np.asarray(
        cv2.resize(part, (cell * many, cell * many), interpolation=cv2.INTER_LINEAR), np.uint8
    )
    blocks = square.reshape(many, cell, many, cell, 3).swapaxes(1, 2).reshape(-1, cell, cell, 3)
    blocks = blocks[rng.permutation(len(blocks))]
    mixed = blocks.reshape(many, many, cell, cell, 3).swapaxes(1, 2).reshape(square.shape)
    if rng.random() < 0.5:
        mixed = np.asarray(cv2.GaussianBlur(mixed, (0, 0), max(0.3, cell * 0.15)), np.uint8)
    return np.asarray(cv2.resize(mixed, size, interpolation=cv2.INTER_AREA), np.uint8)


def _coarse(size: int, rng: Random) -> Image:
    cells = int(rng.integers(2, 24))
    field = rng.integers(0, 256, (cells, cells, 3)).astype(np.uint8)
    if rng.random() < 0.5:
        field = np.repeat(field[..., :1], 3, axis=2)
    way = cv2.INTER_CUBIC if rng.random() < 0.6 else cv2.INTER_NEAREST
    return np.asarray(cv2.resize(field, (size, size), interpolation=way), np.uint8)


def _cloth(size: int, rng: Random) -> Image:
    repeats = int(rng.integers(1, 5))
    tiled = np.tile(as_image(textures.make(rng)), (repeats, repeats, 1))
    return np.asarray(cv2.resize(tiled, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def _thing(pixels: Image, rng: Random) -> None:
    size = len(pixels)
    at = rng.uniform(0, size, 2)
    radius = size * float(np.exp(rng.uniform(np.log(0.02), np.log(0.3))))
    # Balls stand twice: a network that was trained on street frames alone took coins for faces.
    (_head, _hand, _ball, _ball, _glow, _dial, _letters)[int(rng.integers(7))](pixels, at, radius, rng)


def _spot(at: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(at[0])), round(float(at[1]))


def _head(pixels: Image, at: NDArray[np.float64], radius: float, rng: Random) -> None:
    """From behind: hair, and hair only."""
    ink = (rng.choice(_HAIR) * rng.uniform(0.7, 1.3)).tolist()
    axes = (max(1, round(radius)), max(1, round(radius * rng.uniform(1.1, 1.5))))
    cv2.ellipse(pixels, _spot(at), axes, float(rng.uniform(-20, 20)), 0, 360, ink, -1, cv2.LINE_AA)


def _hand(pixels: Image, at: NDArray[np.float64], radius: float, rng: Random) -> None:
    ink = (rng.choice(_SKIN) * rng.uniform(0.8, 1.15)).tolist()
    cv2.circle(pixels, _spot(at), max(1, round(radius * 0.7)), ink, -1, cv2.LINE_AA)
    start = rng.uniform(0, 2 * np.pi)
    for finger in range(int(rng.integers(2, 6))):
        angle = start + finger * 0.35
        tip = at + 1.7 * radius * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(pixels, _spot(at), _spot(tip), ink, max(1, round(radius * 0.25)), cv2.LINE_AA)


def _ball(pixels: Image, at: NDArray[np.float64], radius: float, rng: Random) -> None:
    """Something round, shaded and embossed: a coin, a fruit, a stone."""
    side = max(6, round(2 * radius))
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    stretch, angle = rng.uniform(0.7, 1.4), rng.uniform(0, 2 * np.pi)
    inside = np.clip((1 - np.hypot(x * stretch, y)) * side / 3, 0, 1)
    light = 1 + rng.uniform(0, 0.6) * (np.cos(angle) * x + np.sin(angle) * y)
    cells = int(rng.integers(3, 9))
    relief = cv2.resize(
        rng.normal(0, 1, (cells, cells)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC
    )
    base = rng.choice(_SKIN) if rng.random() < 0.4 else rng.uniform(20, 235, 3)
    _blend(pixels, at, (light * (1 + rng.uniform(0, 0.4) * relief))[..., None] * base, inside)


def _glow(pixels: Image, at: NDArray[np.float64], radius: float, rng: Random) -> None:
    """A soft spot of light or shadow."""
    side = max(6, round(2 * radius))
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 3)
    u, v = np.cos(angle) * x + np.sin(angle) * y, np.cos(angle) * y - np.sin(angle) * x
    alpha = np.exp(-4 * (u**2 + (v * stretch) ** 2)) * np.clip(3 * (1 - np.hypot(x, y)), 0, 1)
    _blend(pixels, at, np.broadcast_to(rng.uniform(0, 255, 3), (side, side, 3)), alpha)


def _blend(
    pixels: Image, at: NDArray[np.float64], layer: NDArray[np.floating], alpha: NDArray[np.floating]
) -> None:
    size, side = len(pixels), len(alpha)
    left, top = _spot(at - side / 2)
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, size), min(top + side, size)
    if x1 <= x0 or y1 <= y0:
        return
    part = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    share = alpha[part][..., None]
    pixels[y0:y1, x0:x1] = as_image(pixels[y0:y1, x0:x1] * (1 - share) + layer[part] * share)


def _dial(pixels: Image, at: NDArray[np.float64], radius: float, rng: Random) -> None:
    """Rings and spokes: a clock, a wheel, a lamp."""
    inks = rng.integers(0, 256, (3, 3)).tolist()
    cv2.circle(pixels, _spot(at), max(2, round(radius)), inks[0], -1, cv2.LINE_AA)
    cv2.circle(
        pixels,
        _spot(at),
        max(1, round(radius * rng.uniform(0.5, 0.95))),
        inks[1],
        1 + round(radius / 12),
        cv2.LINE_AA,
    )
    for angle in rng.uniform(0, 2 * np.pi, int(rng.integers(0, 13))):
        end = at + radius * rng.uniform(0.3, 0.95) * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(pixels, _spot(at), _spot(end), inks[2], 1 + round(radius / 20), cv2.LINE_AA)


def _letters(pixels: Image, at: NDArray[np.float64], radius: float, rng: Random) -> None:
    text = "".join(chr(int(code)) for code in rng.integers(33, 127, int(rng.integers(1, 8))))
    ink = rng.integers(0, 256, 3).tolist()
    cv2.putText(
        pixels,
        text,
        _spot(at),
        int(rng.integers(0, 8)),
        radius / 18,
        ink,
        1 + round(radius / 14),
        cv2.LINE_AA,
    )
