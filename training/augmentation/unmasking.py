"""Unmasks the nose, or nose and mouth, of faces with photographed masks: the rarest class from the commonest.

The skin comes from an unmasked face of like pose and colour, warped onto the masked one by the landmarks of
both. Above a random edge the face shows this skin, below it the photographed mask stays, with its cloth, its
straps and its light. Where the edge lies alone decides the label, as for drawn masks.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.augmentation.masks import WORKING_SIDE, Plane, Random, Wear, plane, resized, soft_step
from training.augmentation.pixels import Field, as_field, as_image
from training.data.crops import Patch

BLURS = (0.8, 1.3, 2.0, 3.0)
"""Deviations in pixels that are tried to bring one face to the other's blur."""

TRIES = 12
"""Unmasked faces among which the one most alike is taken."""

TOPS = {
    Wear.WELL: (0.15, 0.46),
    Wear.NOSE_OUT: (0.72, 0.95),
    Wear.MOUTH_OUT: (1.2, 1.42),
    Wear.CHIN: (1.45, 1.7),
}
"""`t` of the mask's upper edge in the middle of the face, by the way it is worn."""

UNMASKED_WEARS = (Wear.NOSE_OUT,) * 7 + (Wear.MOUTH_OUT,) * 2 + (Wear.CHIN,)
"""Incorrect ways to wear a mask, in the proportions in which they are made."""


@dataclass(frozen=True, slots=True, eq=False)
class Donor:
    """A face without a mask that can lend its skin.

    Attributes:
        patch: The face with its landmarks.
        likeness: (5,) what makes two faces alike: turn, tilt of the nose, and colour of the skin.
    """

    patch: Patch
    likeness: NDArray[np.float32]


def donor(patch: Patch) -> Donor:
    """A face with landmarks, and what is to be alike."""
    return Donor(patch, _likeness(patch))


def unmask(masked: Donor, donors: Sequence[Donor], wear: Wear, rng: Random) -> Patch:
    """A masked face on which the mask is worn another way.

    Args:
        masked: A well-worn mask with landmarks.
        donors: Faces without a mask to take the skin from.
        wear: A key of `TOPS`.
        rng: Decides the rest.
    """
    work = resized(masked.patch, int(np.clip(len(masked.patch.pixels), *WORKING_SIDE)))
    on = plane(work.landmarks, len(work.pixels))
    lent = _warped(_most_alike(masked, donors, rng).patch, work)
    skin = _sharp_as(work.pixels, _coloured_as(work.pixels, lent, on), on)
    drawn = _composed(work.pixels, skin, on, (wear, rng))
    return resized(replace(work, pixels=drawn), len(masked.patch.pixels))


def _likeness(patch: Patch) -> NDArray[np.float32]:
    on = plane(patch.landmarks, len(patch.pixels))
    nose = np.linalg.solve(np.column_stack([on.across, on.down]), patch.landmarks[2] - on.origin)
    colour = np.median(_skin(patch.pixels, on), axis=0) / 60
    # The factors bring turn, tilt and colour to one scale, because `_most_alike` adds them up.
    return np.array([*(nose * (4, 3)), *colour], np.float32)


def _skin(pixels: NDArray[Any], on: Plane) -> NDArray[Any]:
    """The pixels between the eyes and beside them, which no mask covers: (n, ...)."""
    here = pixels[(np.abs(on.s) < 0.55) & (on.t > -0.3) & (on.t < 0.18)]
    return here if len(here) else pixels.reshape(-1, *pixels.shape[2:])


def _most_alike(masked: Donor, donors: Sequence[Donor], rng: Random) -> Donor:
    tried = [donors[int(place)] for place in rng.integers(len(donors), size=TRIES)]
    return min(tried, key=lambda one: float(np.abs(one.likeness - masked.likeness).sum()))


def _warped(lent: Patch, onto: Patch) -> Image:
    """A face without a mask, its landmarks laid on those of the other by the best affine map."""
    wanted, given = (float(np.hypot(*np.ptp(one.landmarks, axis=0))) for one in (onto, lent))
    scale = wanted / max(given, 1.0)
    if scale < 0.8:
        # Brought down first, since the warp itself does not average.
        lent = resized(lent, max(16, round(len(lent.pixels) * scale)))
    points = np.column_stack([lent.landmarks, np.ones(5, np.float32)])
    matrix = np.linalg.lstsq(points, onto.landmarks, rcond=None)[0].T
    side = len(onto.pixels)
    return cv2.warpAffine(  # type: ignore[return-value]
        lent.pixels, matrix, (side, side), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )


def _coloured_as(model: Image, skin: Image, on: Plane) -> Field:
    """The skin in the light of the model, by the colours around the eyes of both."""
    wanted, given = np.median(_skin(model, on), axis=0), np.median(_skin(skin, on), axis=0)
    return as_field(skin * np.clip(wanted / np.maximum(given, 8), 0.4, 2.2))


def _sharp_as(model: Image, skin: Field, on: Plane) -> Field:
    """The skin as blurred as the model is around the eyes, if it is sharper."""
    wanted = _edges(model, on)
    blurred = skin
    for sigma in BLURS:
        if _edges(blurred, on) <= wanted:
            break
        blurred = as_field(cv2.GaussianBlur(skin, (0, 0), sigma))
    return blurred


def _edges(pixels: NDArray[Any], on: Plane) -> float:
    """Mean height of the edges around the eyes."""
    grey = pixels[..., 1].astype(np.float32)
    return float(np.abs(_skin(np.hypot(cv2.Sobel(grey, -1, 1, 0), cv2.Sobel(grey, -1, 0, 1)), on)).mean())


def _composed(picture: Image, skin: Field, on: Plane, how: tuple[Wear, Random]) -> Image:
    """Skin above the edge, the photographed mask below, a shadow where they meet."""
    wear, rng = how
    top = float(rng.uniform(*TOPS[wear]))
    lowest = min(float(rng.uniform(0.1, 0.35)), top - 0.05)
    half_width = float(rng.uniform(0.4, 0.75) if top < 1 else rng.uniform(0.75, 1.05))
    r = np.abs(on.s + rng.normal(0, 0.05)) / half_width
    edge = top - (top - lowest) * r ** rng.uniform(2, 5) - rng.normal(0, 0.06) * on.s
    height = float(np.hypot(*on.down))
    # The eyes stay those of the masked face.
    below_eyes = np.clip((on.t - rng.uniform(0.0, 0.12)) / 0.18, 0, 1)
    alpha = as_field(soft_step(edge - on.t, height) * below_eyes, high=1.0)
    shade = 1 - rng.uniform(0, 0.45) * np.exp(-np.clip(edge - on.t, 0, None) / rng.uniform(0.03, 0.1))
    soft = cv2.GaussianBlur(alpha, (0, 0), len(picture) * float(rng.uniform(0.002, 0.007)))[..., None]
    return as_image(picture * (1 - soft) + skin * shade[..., None] * soft)
