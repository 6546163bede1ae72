"""Draws masks, worn well and incorrectly, on faces without one.

A face has coordinates of its own, from five landmarks: `s` runs across, -1 and 1 at the cheeks;
`t` runs down, 0 at the eyes, about 0.6 at the tip of the nose, 1 at the mouth, about 1.8 at the
chin. A mask is a band between an upper and a lower edge in these coordinates, filled with drawn
cloth or with cloth taken from a photographed mask, lit as the face beneath it. Where the edges lie
alone decides the label, so that neither cloth nor style can stand for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.augmentation import textures
from training.augmentation.pixels import Field, as_field, as_image
from training.data.crops import Patch

Random = np.random.Generator

WORKING_SIDE = (90, 230)
"""Patches are drawn on at a side within these, so that edges of small faces are smooth."""


class Wear(StrEnum):
    """How a drawn mask is worn."""

    WELL = "well"
    NOSE_OUT = "nose_out"
    MOUTH_OUT = "mouth_out"
    CHIN = "chin"
    ONE_EAR = "one_ear"


INCORRECT_WEARS = (
    Wear.NOSE_OUT, Wear.NOSE_OUT, Wear.NOSE_OUT, Wear.NOSE_OUT, Wear.MOUTH_OUT, Wear.MOUTH_OUT,
    Wear.CHIN, Wear.CHIN, Wear.ONE_EAR,
)  # fmt: skip
"""Incorrect ways to wear a mask, in the proportions in which they are drawn."""


_STRAPS = np.array(
    [(245, 245, 245), (235, 238, 242), (40, 40, 42), (160, 190, 210), (180, 160, 60)], np.float32
)


@dataclass(frozen=True, slots=True)
class Band:
    """Where a mask lies on the face.

    Attributes:
        top: `t` of the upper edge in the middle.
        dip: How much lower the upper edge is at the sides.
        bottom: `t` of the lower edge in the middle.
        lift: How much higher the lower edge is at the sides.
        half_width: `s` of the sides.
        peak: Sharpness of the upper edge over the nose: 1 gives a point, 2 and more a curve.
        tilt: Change of `t` along `s`.
    """

    top: float
    dip: float
    bottom: float
    lift: float
    half_width: float
    peak: float
    tilt: float


def band(wear: Wear, lowest: float, rng: Random) -> Band:
    """A random place for a mask worn this way.

    Args:
        wear: How it is worn.
        lowest: `t` of the lower edge of what the network will see.
        rng: Decides the rest.
    """
    low, high = {
        Wear.WELL: (0.08, 0.42),
        Wear.NOSE_OUT: (0.74, 0.93),
        Wear.MOUTH_OUT: (1.18, 1.4),
        Wear.CHIN: (1.45, 1.75),
        Wear.ONE_EAR: (0.6, 1.2),
    }[wear]
    # A mask below the chin that no crop shows would be a face without a mask under a wrong label.
    top = min(rng.uniform(low, high), max(lowest - rng.uniform(0.25, 0.4), 1.15))
    bottom = max(rng.uniform(1.7, 2.15), top + rng.uniform(0.4, 0.8))
    # A mask that was pulled down hangs lowest in the middle; a worn one is highest there, at the nose.
    sunk = wear not in (Wear.WELL, Wear.ONE_EAR)
    dip = rng.uniform(-0.25, 0.12) if sunk else rng.uniform(0.0, 0.4)
    return Band(
        top=top,
        dip=dip,
        bottom=bottom,
        lift=rng.uniform(0.1, 0.75) * (bottom - top),
        half_width=rng.uniform(0.78, 1.12),
        peak=rng.uniform(1.0, 3.0),
        tilt=rng.normal(0, 0.04 if wear is Wear.WELL else 0.07),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """The face's own coordinates of every pixel, (n, n) each, and the way back to pixels."""

    s: Field
    t: Field
    origin: NDArray[np.float32]
    across: NDArray[np.float32]
    down: NDArray[np.float32]

    def lowest(self, square: tuple[int, int, int]) -> float:
        """`t` at the middle of a square's lower edge."""
        left, top, side = square
        row = min(top + side, len(self.t)) - 1
        return float(self.t[row, min(left + side // 2, len(self.t) - 1)])

    def pixel(self, s: float, t: float) -> tuple[int, int]:
        """The pixel at a place on the face."""
        x, y = self.origin + s * self.across + t * self.down
        return round(float(x)), round(float(y))


def plane(landmarks: NDArray[np.float32], side: int) -> Plane:
    """Lays coordinates on a face by its landmarks; a turned head's nose bends them sideways."""
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    down = mouth - eyes
    normal = np.array([down[1], -down[0]], np.float32) / max(float(np.hypot(*down)), 1e-6)
    between = abs(float((landmarks[1] - landmarks[0]) @ normal))
    # The eyes of a turned head come close together; its face stays broader.
    across = normal * max(1.08 * between, 0.75 * float(np.hypot(*down)))
    inverse = np.linalg.inv(np.column_stack([across, down]))
    y, x = np.mgrid[0:side, 0:side].astype(np.float32)
    s, t = np.tensordot(inverse, np.stack([x - eyes[0], y - eyes[1]]), 1).astype(np.float32)
    turn = float(np.clip((inverse @ (landmarks[2] - eyes))[0], -0.45, 0.45))
    bent = s - 0.8 * turn * np.clip(1 - s**2, 0, 1)
    return Plane(bent.astype(np.float32), t, eyes, across, down)


def lift_cloth(patch: Patch) -> textures.Texture:
    """The cloth of a photographed, well-worn mask as a texture; needs the landmarks of the face."""
    on = plane(patch.landmarks, len(patch.pixels))
    grid = np.linspace(0, 1, textures.SIDE, dtype=np.float32)
    s, v = np.meshgrid(grid * 1.5 - 0.75, grid)
    t = 0.62 + v * (1.02 - 0.2 * s**2)
    where = on.origin + s[..., None] * on.across + t[..., None] * on.down
    x, y = where[..., 0].astype(np.float32), where[..., 1].astype(np.float32)
    return as_field(cv2.remap(patch.pixels, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def draw_mask(patch: Patch, wear: Wear, texture: textures.Texture | None, rng: Random) -> Patch:
    """A face without a mask, and one drawn on it.

    Args:
        patch: A face without a mask, with landmarks.
        wear: How the mask is worn.
        texture: Cloth to use; a drawn one where None.
        rng: Decides place, cloth and light.
    """
    work = resized(patch, int(np.clip(len(patch.pixels), *WORKING_SIDE)))
    on = plane(work.landmarks, len(work.pixels))
    fabric = textures.make(rng) if texture is None else texture
    if wear is Wear.ONE_EAR:
        alpha, s, v = _hanging(on, rng)
    else:
        alpha, s, v = _worn(on, band(wear, on.lowest(work.square), rng))
    picture = work.pixels.astype(np.float32)
    picture = _straps(picture, on, wear, rng)
    layer = _lit(textures.at(fabric, s, v), work.pixels, on, rng)
    drawn = _composed(picture, layer, alpha, len(work.pixels), rng)
    return resized(replace(work, pixels=drawn), len(patch.pixels))


def resized(patch: Patch, side: int) -> Patch:
    """A patch brought to another side, with its square and its landmarks."""
    old = len(patch.pixels)
    if side == old:
        return patch
    way = cv2.INTER_AREA if side < old else cv2.INTER_LINEAR
    left, top, width = (round(value * side / old) for value in patch.square)
    pixels: Image = cv2.resize(patch.pixels, (side, side), interpolation=way)  # type: ignore[assignment]
    return Patch(pixels, (left, top, max(2, width)), patch.landmarks * np.float32(side / old))


def soft_step(distance: NDArray[np.floating], pixels: float) -> Field:
    """1 where `distance` is positive, 0 where negative, a ramp of about a pixel between."""
    return as_field(distance * pixels + 0.5, high=1.0)


def _worn(on: Plane, at: Band) -> tuple[Field, Field, Field]:
    """Opacity of a worn mask and its texture coordinates (0 to 1)."""
    r = np.clip(np.abs(on.s) / at.half_width, 0, 1.2)
    t = on.t - at.tilt * on.s
    top = at.top + at.dip * r**at.peak
    bottom = at.bottom - at.lift * r**2.2
    height, width = (float(np.hypot(*axis)) for axis in (on.down, on.across))
    sides = soft_step(at.half_width - np.abs(on.s), width)
    alpha = soft_step(t - top, height) * soft_step(bottom - t, height) * sides
    v = (t - top) / np.maximum(bottom - top, 0.05)
    return alpha, np.clip(on.s / at.half_width / 2 + 0.5, 0, 1), np.clip(v, 0, 1)


def _hanging(on: Plane, rng: Random) -> tuple[Field, Field, Field]:
    """A mask that hangs from one ear, seen from its edge or its face."""
    sign = rng.choice([-1.0, 1.0])
    centre = np.array([sign * rng.uniform(0.95, 1.2), rng.uniform(0.9, 1.5)], np.float32)
    angle = rng.uniform(-0.6, 0.6)
    half = np.array([rng.uniform(0.18, 0.5), rng.uniform(0.45, 0.85)], np.float32)
    x, y = on.s - centre[0], on.t - centre[1]
    u = (np.cos(angle) * x + np.sin(angle) * y) / half[0]
    w = (np.cos(angle) * y - np.sin(angle) * x) / half[1]
    size = float(np.hypot(*on.down)) * half[0]
    alpha = soft_step(1 - np.abs(u) ** 2.5 - 0.3 * np.abs(w) ** 3, size) * soft_step(1 - np.abs(w), size)
    return alpha, np.clip(w / 2 + 0.5, 0, 1), np.clip(u / 2 + 0.5, 0, 1)


def _straps(picture: Field, on: Plane, wear: Wear, rng: Random) -> Field:
    """Ear loops from the sides of the mask, on one side only for a hanging one; sometimes unseen."""
    if rng.random() < 0.3:
        return picture
    out = picture.copy()
    ink = [float(value) for value in rng.choice(_STRAPS) * rng.uniform(0.6, 1.0)]
    thick = max(1, round(len(picture) * float(rng.uniform(0.004, 0.012))))
    level = {Wear.WELL: 0.6, Wear.NOSE_OUT: 1.0, Wear.MOUTH_OUT: 1.35, Wear.CHIN: 1.55, Wear.ONE_EAR: 0.9}[
        wear
    ]
    for sign in (-1, 1):
        ear = on.pixel(sign * rng.uniform(1.15, 1.3), rng.uniform(0.1, 0.4))
        for drop in (0.0, rng.uniform(0.3, 0.6)):
            start = on.pixel(sign * 0.85, level + drop)
            cv2.line(out, start, ear, ink, thick, cv2.LINE_AA)
        if wear is Wear.ONE_EAR:
            break
    return out


def _lit(layer: Field, face: Image, on: Plane, rng: Random) -> Field:
    """Cloth in the light that falls on the face: its level, its direction, a bulge."""
    grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY).astype(np.float32)
    smooth = cv2.GaussianBlur(grey, (0, 0), len(grey) * 0.09)
    skin = smooth[(np.abs(on.s) < 0.8) & (on.t > 0) & (on.t < 1.4)]
    # The middle of the face may lie outside of a patch that was cut at the picture's edge.
    level = float(skin.mean()) if skin.size else 128.0
    light = (smooth / max(level, 1.0)) ** rng.uniform(0.4, 1.0)
    bulge = 1.05 - rng.uniform(0.05, 0.35) * on.s**2
    overall = (max(level, 20.0) / 150) ** rng.uniform(0.3, 0.9)
    return as_field(layer * (light * bulge * overall)[..., None])


def _composed(picture: Field, layer: Field, alpha: Field, side: int, rng: Random) -> Image:
    """Lays the cloth over the face with a soft edge and a shadow beneath its rim."""
    soft = cv2.GaussianBlur(alpha, (0, 0), side * float(rng.uniform(0.002, 0.008)))
    shadow = cv2.GaussianBlur(alpha, (0, 0), side * float(rng.uniform(0.01, 0.03)))
    beneath = picture * (1 - float(rng.uniform(0, 0.45)) * shadow)[..., None]
    layer = cv2.GaussianBlur(layer, (0, 0), side * float(rng.uniform(0.001, 0.006)))  # type: ignore[assignment]
    out = beneath * (1 - soft[..., None]) + layer * soft[..., None]
    return as_image(out)
