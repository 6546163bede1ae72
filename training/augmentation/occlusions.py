"""Things before a face that are no masks: hands, cups, scarves, collars, telephones, beards, sunglasses.

They are drawn crudely on purpose: what matters is that neither a plain patch over the mouth nor
cloth at the neck alone means a mask.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.augmentation import textures
from training.augmentation.masks import Plane, Random, plane
from training.augmentation.pixels import Field, as_field, as_image
from training.data.crops import Patch


def occlude(patch: Patch, rng: Random) -> Patch:
    """A face without a mask, with something in front of it or around its neck."""
    on = plane(patch.landmarks, len(patch.pixels))
    picture = THINGS[rng.integers(len(THINGS))](patch.pixels.astype(np.float32), on, rng)
    return replace(patch, pixels=as_image(picture))


def _over(picture: Field, shape: NDArray[Any], fill: Field) -> Field:
    soft = cv2.GaussianBlur(shape.astype(np.float32), (0, 0), max(0.5, len(picture) * 0.006))[..., None]
    return picture * (1 - soft) + fill * soft


def _skin(picture: Field, on: Plane) -> Field:
    cheek = picture[(np.abs(on.s) < 0.7) & (on.t > 0.3) & (on.t < 0.9)]
    return np.median(cheek, axis=0) if cheek.size else np.full(3, 150, np.float32)


def hand(picture: Field, on: Plane, rng: Random) -> Field:
    """Fingers over a part of the lower face, in the colour of the face."""
    shape = np.zeros(picture.shape[:2], np.float32)
    side = rng.choice([-1.0, 1.0])
    width = max(2, int(np.hypot(*on.across) * rng.uniform(0.2, 0.3)))
    for finger in range(int(rng.integers(2, 5))):
        t = rng.uniform(0.7, 1.1) + 0.27 * finger
        tip = on.pixel(side * rng.uniform(-0.5, 0.3), t)
        cv2.line(shape, tip, on.pixel(side * 1.6, t + rng.uniform(0.1, 0.5)), 1.0, width, cv2.LINE_AA)
    tone = (
        _skin(picture, on)
        * rng.uniform(0.75, 1.1)
        * (1 - 0.25 * cv2.GaussianBlur(1 - shape, (0, 0), width / 3))[..., None]
    )
    return _over(picture, shape, tone.astype(np.float32))


def cup(picture: Field, on: Plane, rng: Random) -> Field:
    """A cup, bottle, telephone or microphone before the mouth."""
    centre, half = rng.normal(0, 0.2), rng.uniform(0.2, 0.5)
    inside = (np.abs(on.s - centre + 0.1 * (on.t - 1)) < half) & (on.t > rng.uniform(0.75, 1.0))
    tall = inside & (on.t < rng.uniform(1.6, 2.6))
    tone = textures.colour(rng) * (1.1 - 0.8 * ((on.s - centre) / half) ** 2)[..., None]
    return _over(picture, tall, as_field(tone))


def scarf(picture: Field, on: Plane, rng: Random) -> Field:
    """Cloth around the neck, below the chin."""
    wave = 0.1 * np.sin(on.s * rng.uniform(1, 4) + rng.uniform(0, 6))
    # Below the chin, at about 1.8: recipes that also drew scarves up to it called more faces wrongly worn.
    shape = on.t > rng.uniform(1.95, 2.2) - 0.15 * on.s**2 + wave
    s, v = np.clip(on.s / 3.2 + 0.5, 0, 1), np.clip((on.t - 1.9) / 1.5, 0, 1)
    fill = textures.at(textures.make(rng), s, v)
    return _over(picture, shape, fill)


def collar(picture: Field, on: Plane, rng: Random) -> Field:
    """A collar turned up: cloth on both sides of the chin, open in front."""
    low, opening = rng.uniform(1.55, 1.9), rng.uniform(0.25, 0.6)
    sides = np.abs(on.s) - opening
    shape = (sides > 0) & (on.t > low + rng.uniform(0.2, 0.6) * np.clip(0.9 - sides, 0, 1))
    s, v = np.clip(on.s / 3.2 + 0.5, 0, 1), np.clip((on.t - low) / 1.5, 0, 1)
    return _over(picture, shape, textures.at(textures.make(rng), s, v))


def phone(picture: Field, on: Plane, rng: Random) -> Field:
    """A telephone at the ear, with the fingers that hold it."""
    side = rng.choice([-1.0, 1.0])
    along = side * on.s - rng.uniform(0.75, 1.0) - 0.25 * (on.t - 1)
    slab = (
        (np.abs(along) < rng.uniform(0.16, 0.28))
        & (on.t > rng.uniform(-0.3, 0.2))
        & (on.t < rng.uniform(1.2, 1.7))
    )
    picture = _over(picture, slab, np.broadcast_to(np.float32(rng.uniform(5, 90)), picture.shape))
    fingers = (along > -0.1) & (along < 0.5) & (np.sin(on.t * rng.uniform(14, 20)) > -0.3)
    fingers &= (on.t > 0.3) & (on.t < 1.2)
    tone = np.broadcast_to(_skin(picture, on) * rng.uniform(0.75, 1.1), picture.shape)
    return _over(picture, fingers, as_field(tone))


def beard(picture: Field, on: Plane, rng: Random) -> Field:
    """Hair on chin, cheeks and upper lip, with the mouth free."""
    jaw = (on.t > 1.0 - 0.5 * (np.abs(on.s) - 0.55)) & (on.t < 1.95 - 0.5 * on.s**2) & (np.abs(on.s) < 1.0)
    jaw &= (np.abs(on.s) > rng.uniform(0.3, 0.6)) | (on.t > 1.15)
    lip = (np.abs(on.t - 0.83) < 0.07) & (np.abs(on.s) < 0.5)
    mouth = (on.s / 0.42) ** 2 + ((on.t - 1.0) / 0.11) ** 2 < 1
    grain = rng.normal(0, 18, picture.shape[:2])[..., None]
    tone = (
        np.array([40, 32, 28]) * rng.uniform(0.4, 1.0) if rng.random() < 0.75 else np.array([170, 165, 160])
    )
    strength = float(rng.uniform(0.5, 0.95))
    return _over(picture, ((jaw | lip) & ~mouth) * np.float32(strength), (tone + grain).astype(np.float32))


def sunglasses(picture: Field, on: Plane, rng: Random) -> Field:
    """Dark glasses; the lower face is free."""
    lens = np.minimum(((on.s - 0.47) / 0.36) ** 2, ((on.s + 0.47) / 0.36) ** 2) + (on.t / 0.3) ** 2 < 1
    bar = (np.abs(on.t + 0.1) < 0.05) & (np.abs(on.s) < 1.05)
    tone = np.broadcast_to(np.float32(rng.uniform(5, 60)), picture.shape)
    return _over(picture, lens | bar, tone)


Thing = Callable[[Field, Plane, Random], Field]
THINGS: tuple[Thing, ...] = (hand, cup, scarf, collar, phone, beard, sunglasses)
