"""Changes a face crop as an entrance camera would: where it cuts, turns, lights, blurs and encodes.

All steps are pure functions of pixels and a random generator, on numpy and OpenCV, RGB uint8.
"""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from pydantic import Field

from edge.config import FrozenModel
from edge.types import Image
from training.augmentation.pixels import as_field, as_image
from training.data.crops import Patch

Random = np.random.Generator


class Strength(FrozenModel):
    """How far the geometry may go; chances of each optical fault."""

    zoom: float = Field(0.12, ge=0, le=0.5)
    shift: float = Field(0.07, ge=0, le=0.3)
    rotation_deg: float = Field(40.0, ge=0, le=90)
    shear: float = Field(0.08, ge=0, le=0.5)
    edge: float = Field(0.08, ge=0, le=1)
    light: float = Field(0.4, ge=0, le=1)
    backlight: float = Field(0.06, ge=0, le=1)
    small: float = Field(0.2, ge=0, le=1)
    blur: float = Field(0.2, ge=0, le=1)
    noise: float = Field(0.12, ge=0, le=1)
    jpeg: float = Field(0.2, ge=0, le=1)
    erase: float = Field(0.05, ge=0, le=1)


def augment(patch: Patch, size: int, strength: Strength, rng: Random) -> Image:
    """A changed crop (size, size, 3) of a face, RGB."""
    image = _jittered(_at_the_edge(_turned(patch, strength, rng), strength, rng), size, strength, rng)
    if rng.random() < 0.5:
        image = np.ascontiguousarray(image[:, ::-1])
    for chance, steps in (
        (strength.light, (exposure, colour_temperature, slanting_light, contrast, grey)),
        (strength.backlight, (backlight,)),
        (strength.small, (small_face,)),
        (strength.blur, (motion_blur, defocus)),
        (strength.noise, (noise,)),
        (strength.jpeg, (jpeg,)),
        (strength.erase, (erase,)),
    ):
        if rng.random() < chance:
            image = steps[rng.integers(len(steps))](image, rng)
    return image


def _jittered(patch: Patch, size: int, strength: Strength, rng: Random) -> Image:
    """The square moved and resized as another detector would have placed it."""
    left, top, side = patch.square
    # Uniform in the logarithm: a detector's box is too small as often as it is too large.
    new = max(2, round(side * float(np.exp(rng.uniform(-strength.zoom, strength.zoom)))))
    dx, dy = (side - new) / 2 + side * rng.uniform(-strength.shift, strength.shift, 2)
    limit = len(patch.pixels)
    # The window keeps at least one column and row of the patch.
    x = int(np.clip(left + dx, 1 - new, limit - 1))
    y = int(np.clip(top + dy, 1 - new, limit - 1))
    return patch.window(x, y, new, size)


def _turned(patch: Patch, strength: Strength, rng: Random) -> Patch:
    """The picture turned and sheared about the face, before anything is cut: its corners stay filled."""
    if rng.random() < 0.4 or not (strength.rotation_deg or strength.shear):
        return patch
    # The recipe states the largest angle, and two standard deviations.
    most = strength.rotation_deg
    angle = np.deg2rad(np.clip(rng.normal(0, most / 2), -most, most))
    sx, sy = rng.normal(0, strength.shear / 2, 2)
    cos, sin = np.cos(angle), np.sin(angle)
    linear = np.array([[cos, -sin], [sin, cos]]) @ np.array([[1, sx], [sy, 1]])
    left, top, side = patch.square
    centre = np.array([left, top]) + (side - 1) / 2
    matrix = np.column_stack([linear, centre - linear @ centre])
    whole = (len(patch.pixels),) * 2
    pixels = cv2.warpAffine(patch.pixels, matrix, whole, borderMode=cv2.BORDER_REPLICATE)
    return replace(patch, pixels=as_image(pixels))


def _at_the_edge(patch: Patch, strength: Strength, rng: Random) -> Patch:
    """A face that a side of the picture cuts: beyond the side the device repeats it."""
    if rng.random() >= strength.edge:
        return patch
    left, top, side = patch.square
    pixels = np.rot90(patch.pixels, turns := int(rng.integers(4)))
    # Up to a fifth of the square, so that of the face, which the margin surrounds, the most is left.
    start = {0: left, 1: top, 2: len(pixels) - left - side, 3: len(pixels) - top - side}[turns]
    cut = max(1, round(start + side * float(rng.uniform(0.05, 0.2))))
    repeated = pixels.copy()
    repeated[:, :cut] = repeated[:, cut : cut + 1]
    return replace(patch, pixels=np.ascontiguousarray(np.rot90(repeated, -turns)))


def exposure(image: Image, rng: Random) -> Image:
    """Brightness and gamma, from a dark hall to an overexposed door."""
    gamma = float(np.exp(rng.normal(0, 0.35)))
    gain = float(np.exp(rng.normal(0, 0.2)))
    table = as_image(255 * gain * (np.arange(256) / 255) ** gamma)
    return cv2.LUT(image, table)  # type: ignore[return-value]


def contrast(image: Image, rng: Random) -> Image:
    """Contrast about the mean grey."""
    mean = float(image.mean())
    return as_image((image.astype(np.float32) - mean) * float(rng.uniform(0.5, 1.5)) + mean)


def colour_temperature(image: Image, rng: Random) -> Image:
    """Warm or cold light: gains on red and blue, a little on green."""
    warm = float(rng.normal(0, 0.18))
    gains = np.array([np.exp(warm), np.exp(rng.normal(0, 0.05)), np.exp(-warm)], np.float32)
    return as_image(image * gains)


def grey(image: Image, rng: Random) -> Image:
    """Colour partly or fully lost, as at night."""
    flat = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]
    keep = float(rng.choice([0.0, rng.uniform(0, 1)]))
    return as_image(image * keep + flat * (1 - keep))


def slanting_light(image: Image, rng: Random) -> Image:
    """A ramp of light across the crop: a window or a lamp on one side, fog."""
    size = len(image)
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    ramp = (np.cos(angle) * x + np.sin(angle) * y)[..., None] * float(rng.uniform(0.1, 0.6))
    veil = float(rng.uniform(0, 0.3)) if rng.random() < 0.4 else 0.0
    return as_image(image * (1 + ramp) * (1 - veil) + 255 * veil)


def backlight(image: Image, rng: Random) -> Image:
    """A bright door behind a face that is left dark, with glare around its outline."""
    size = len(image)
    y, x = np.mgrid[-1 : 1 : size * 1j, -1 : 1 : size * 1j].astype(np.float32)
    shift = rng.normal(0, 0.06, 2)
    # The face's box takes 1 / 1.3 of the crop; an upright oval lies in it.
    behind = ((x - shift[0]) / 0.62) ** 2 + ((y - shift[1]) / 0.85) ** 2
    veil = as_field(behind / 1.6 - 0.3, 0, 1)[..., None] * float(rng.uniform(0.4, 1))
    # No darker than somebody can still judge.
    gamma, gain = float(rng.uniform(1.1, 1.6)), float(rng.uniform(0.5, 0.9))
    dark = 255 * gain * (image.astype(np.float32) / 255) ** gamma
    glare = float(rng.uniform(0, 0.15))
    return as_image((dark * (1 - veil) + 255 * veil) * (1 - glare) + 255 * glare)


def motion_blur(image: Image, rng: Random) -> Image:
    """Blur along a random direction, up to a tenth of the crop."""
    length = max(3, round(len(image) * float(rng.uniform(0.02, 0.1))))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    centre = ((length - 1) / 2, (length - 1) / 2)
    turned = cv2.warpAffine(kernel, cv2.getRotationMatrix2D(centre, rng.uniform(0, 180), 1), (length, length))
    return cv2.filter2D(image, -1, as_field(turned) / max(float(turned.sum()), 1e-6))  # type: ignore[return-value]


def defocus(image: Image, rng: Random) -> Image:
    """Gaussian blur, up to three hundredths of the crop."""
    return cv2.GaussianBlur(image, (0, 0), len(image) * float(rng.uniform(0.004, 0.03)))  # type: ignore[return-value]


def small_face(image: Image, rng: Random) -> Image:
    """Down to a face of 16 to 60 px and up again: people who are still far away."""
    size = len(image)
    # The crop has a margin around the face: 20 to 76 px of it are about 16 to 60 px of face.
    side = max(8, round(float(np.exp(rng.uniform(np.log(20), np.log(76))))))
    if side >= size:
        return image
    down = cv2.INTER_AREA if rng.random() < 0.7 else cv2.INTER_LINEAR
    small = cv2.resize(image, (side, side), interpolation=down)
    # As the device enlarges a small face.
    return cv2.resize(small, (size, size), interpolation=cv2.INTER_LINEAR_EXACT)  # type: ignore[return-value]


def noise(image: Image, rng: Random) -> Image:
    """Sensor noise, finer or coarser."""
    size = len(image)
    grain = max(8, int(size * rng.uniform(0.3, 1)))
    field = rng.normal(0, rng.uniform(2, 14), (grain, grain, 3)).astype(np.float32)
    return as_image(image + cv2.resize(field, (size, size), interpolation=cv2.INTER_LINEAR))


def jpeg(image: Image, rng: Random) -> Image:
    """Encoding losses of a network camera."""
    _, raw = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 80))])
    # OpenCV takes the picture for BGR on both ways, so that the colours come back in place.
    return cv2.imdecode(raw, cv2.IMREAD_COLOR)  # type: ignore[return-value]


def erase(image: Image, rng: Random) -> Image:
    """Something small and plain in front of a part of the crop, away from its centre."""
    size = len(image)
    out = image.copy()
    w, h = (int(size * share) for share in rng.uniform(0.08, 0.25, 2))
    x, y = (int(rng.choice([rng.uniform(0, 0.15), rng.uniform(0.7, 0.9)]) * size) for _ in range(2))
    out[y : y + h, x : x + w] = rng.integers(0, 256, 3)
    return out
