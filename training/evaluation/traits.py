"""What can be measured of a face crop besides its label: sharpness, brightness, skin tone.

The skin tone is a proxy, and a weak one: the individual typology angle of what can be seen of
forehead and cheeks depends on the light, the camera's white balance and exposure as much as on the person.
It serves to notice that a model fails on one end of the scale, not to describe anybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import SHARPNESS_SIDE, SharpnessMeter
from edge.types import Image
from training.data.crops import Patch

SIDE = 96
"""Side of the crop that brightness and skin tone are measured on, in pixels."""
DEVICE_SIDE = 4 * SHARPNESS_SIDE
"""Side of the crop that sharpness is measured on, as that of the shipped classifier, in pixels."""
TONE_MIN_PX = 20
SKIN_MIN_SHARE = 0.15
"""Least share of the looked-at pixels that must be skin for a tone to be measured."""

Values = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Traits:
    """Measures of n faces, (n,) each; not a number where one cannot be measured.

    Attributes:
        sharpness: Variance of the Laplacian at 32 px, in squared grey levels, as the device measures it;
            exactly so for faces that were not brought down to `crops.NATIVE`.
        brightness: Mean luma, 0 to 255.
        tone: Individual typology angle in degrees; higher is lighter.
    """

    sharpness: Values
    brightness: Values
    tone: Values

    @classmethod
    def unknown(cls, count: int) -> Traits:
        """For faces whose pictures are not at hand."""
        nothing = np.full(count, np.nan)
        return cls(nothing, nothing, nothing)

    @classmethod
    def pooled(cls, parts: Sequence[Traits]) -> Traits:
        """The measures of several sets of faces, put together."""
        return cls(
            np.concatenate([part.sharpness for part in parts]),
            np.concatenate([part.brightness for part in parts]),
            np.concatenate([part.tone for part in parts]),
        )

    def select(self, which: NDArray[np.bool_] | NDArray[np.intp]) -> Traits:
        """Only some of the faces."""
        return Traits(self.sharpness[which], self.brightness[which], self.tone[which])


def traits(patches: tuple[Patch, ...]) -> Traits:
    """Measures all faces."""
    meter = SharpnessMeter(DEVICE_SIDE)
    rows = [_row(patch, meter) for patch in patches]
    columns = np.array(rows, np.float64).reshape(-1, 3).T
    return Traits(columns[0], columns[1], columns[2])


def _row(patch: Patch, meter: SharpnessMeter) -> tuple[float, float, float]:
    crop = patch.crop(SIDE)
    brightness = float(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY).mean())
    tone = skin_tone(crop) if patch.square[2] > TONE_MIN_PX else float("nan")
    return meter.measure(patch.crop(DEVICE_SIDE)), brightness, tone


def skin_tone(crop: Image) -> float:
    """Individual typology angle of the bare skin in the upper half of a crop.

    The region lies between hairline and mask: a band across brow, nose root and upper cheeks. Pixels of
    skin chroma in it count; their median is taken, so that eyes and glasses weigh little.

    Args:
        crop: (n, n, 3) RGB, as `edge.contract` cuts it.

    Returns:
        Degrees; not a number where too little skin can be seen.

    Source: Chardin et al., "Skin colour typology and suntanning pathways", 1991 (the angle);
    Chai and Ngan, "Face segmentation using skin-color map", 1999 (chroma of skin).
    """
    side = len(crop)
    band = crop[round(0.26 * side) : round(0.52 * side), round(0.3 * side) : round(0.7 * side)]
    _, red, blue = cv2.split(cv2.cvtColor(band, cv2.COLOR_RGB2YCrCb))
    skin = (red >= 133) & (red <= 173) & (blue >= 77) & (blue <= 127)
    if skin.mean() < SKIN_MIN_SHARE:
        return float("nan")
    # From floats OpenCV gives a lightness of 0 to 100, as the angle wants it; from 8 bits 0 to 255.
    lab = cv2.cvtColor(band.astype(np.float32) / 255, cv2.COLOR_RGB2Lab)[skin]
    lightness, _, yellow = np.median(lab, axis=0)
    return float(np.degrees(np.arctan2(lightness - 50, yellow)))
