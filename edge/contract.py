"""What training, conversion and the device agree on: labels, crop, resize, colour order, scaling.

This is the only place that says so. The device feeds uint8 pixels; scaling to the network's own
range is part of the graph. Raising `SCHEMA` makes older devices refuse newer bundles.
"""

from __future__ import annotations

from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Box, Image, Probabilities

SCHEMA = 2
"""The schema of bundles that are made now."""

READABLE_SCHEMAS = (1, 2)
"""Schema 1 has one threshold, that of `with_mask`, or none, and says nothing of sizes."""

INPUT_SIZES = range(96, 225, 4)
"""Sides of the square input that a classifier may have, in pixels."""

INPUT_SIZES_WORDS = f"a multiple of {INPUT_SIZES.step} from {INPUT_SIZES[0]} to {INPUT_SIZES[-1]}"

CROP_MARGIN = 0.15
"""How far a crop reaches beyond the longer side of the face box, on each side, as a share of it."""

FEWEST_GOLDEN, MOST_GOLDEN = 3, 50
"""Golden answers of a bundle that is installed."""

GOLDEN_TOLERANCE = 0.05
"""The most by which an answer may be off.

XNNPACK and the older int8 kernels round otherwise: by up to 0.08 on faces, 0.0002 where one is sure.
"""

SHARPNESS_SIDE = 32
"""Side of the picture on which sharpness is measured, in pixels."""


class Label(StrEnum):
    """What a classifier says of one face, in the order of its outputs."""

    WITH_MASK = "with_mask"
    WITHOUT_MASK = "without_mask"
    MASK_WORN_INCORRECTLY = "mask_worn_incorrectly"


LABELS: tuple[Label, ...] = tuple(Label)
WITH_MASK, WITHOUT_MASK, MASK_WORN_INCORRECTLY = range(len(LABELS))
"""Where each label stands in `LABELS`, and so its index among the probabilities of a classifier."""
TWO_LABELS: tuple[Label, ...] = LABELS[:2]


NO_ANSWER = "unsure"
"""What is shown in place of a label where there is no answer."""

SMALLEST_PX = 16.0
"""Smaller side from which a face is judged, in pixels, where a bundle does not say from when it can be."""


def answer(probabilities: Probabilities, thresholds: Probabilities = (0.0, 0.0, 0.0)) -> int | None:
    """Index of the label that a face is called; None where there is no answer.

    It is the likeliest of the labels that reach their thresholds. None of them may.

    Args:
        probabilities: One for each label.
        thresholds: For each label the probability from which it can be the answer.
    """
    reached = (at for at, share in enumerate(probabilities) if share >= thresholds[at])
    return max(reached, key=probabilities.__getitem__, default=None)


def answer_text(index: int | None) -> str:
    """What an answer is called in JSON, tables and pictures."""
    return NO_ANSWER if index is None else LABELS[index].value


def square_around(box: Box, margin: float = CROP_MARGIN) -> tuple[int, int, int]:
    """The square to cut for a face box, in whole pixels.

    The centre of the box is kept and the aspect ratio of the face with it. The square may reach
    beyond the picture.

    Returns:
        Left, top and side; the side is at least 2.
    """
    side = max(2, round(max(box.w, box.h) * (1 + 2 * margin)))
    cx, cy = box.centre
    return round(cx - side / 2), round(cy - side / 2), side


def cut(image: Image, left: int, top: int, side: int) -> Image:
    """Cuts a square out of a picture; what lies outside repeats the edge.

    Returns:
        (side, side, 3): a view of `image` where the square lies inside it, a copy elsewhere.

    Raises:
        ValueError: The square does not touch the picture.
    """
    height, width = image.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    if x0 >= x1 or y0 >= y1:
        raise ValueError(f"the square {left},{top},{side} lies outside the {width}x{height} picture")
    inside = image[y0:y1, x0:x1]
    if inside.shape[0] == side and inside.shape[1] == side:
        return inside
    padded = cv2.copyMakeBorder(
        inside, y0 - top, top + side - y1, x0 - left, left + side - x1, cv2.BORDER_REPLICATE
    )
    return np.asarray(padded, np.uint8)


def resize_into(square: Image, out: Image) -> None:
    """Resizes a square picture into `out` (size, size, 3), keeping the colour order.

    `INTER_LINEAR_EXACT` gives identical bytes on x86-64 and arm64 in OpenCV 4.14 and 5.0, which
    the other interpolations do not.
    """
    cv2.resize(square, (out.shape[1], out.shape[0]), dst=out, interpolation=cv2.INTER_LINEAR_EXACT)


class SharpnessMeter:
    """Measures the sharpness of crops of one size in buffers of its own."""

    def __init__(self, size: int) -> None:
        self._grey: NDArray[np.uint8] = np.empty((size, size), np.uint8)
        self._half: NDArray[np.uint8] = np.empty((2 * SHARPNESS_SIDE, 2 * SHARPNESS_SIDE), np.uint8)
        self._small: NDArray[np.uint8] = np.empty((SHARPNESS_SIDE, SHARPNESS_SIDE), np.uint8)
        self._laplacian: NDArray[np.int16] = np.empty((SHARPNESS_SIDE, SHARPNESS_SIDE), np.int16)

    def measure(self, crop: Image) -> float:
        """Variance of the Laplacian of an RGB crop at `SHARPNESS_SIDE` pixels, in squared grey levels.

        At one small size for all, so that near and far faces are measured alike: what cannot be
        made out there, a mask cannot be made out of.

        Source: Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", ICPR 2000.
        """
        cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY, dst=self._grey)
        # In two steps, because one bilinear step of more than two would skip pixels.
        cv2.resize(self._grey, self._half.shape, dst=self._half, interpolation=cv2.INTER_LINEAR_EXACT)
        cv2.resize(self._half, self._small.shape, dst=self._small, interpolation=cv2.INTER_LINEAR_EXACT)
        cv2.Laplacian(self._small, cv2.CV_16S, dst=self._laplacian)
        _, deviation = cv2.meanStdDev(self._laplacian)
        return float(deviation[0, 0]) ** 2


class Cropper:
    """Makes the classifier's input for one face after another in buffers of its own."""

    def __init__(self, size: int) -> None:
        self._rgb: Image = np.empty((size, size, 3), np.uint8)
        self._sharpness = SharpnessMeter(size)

    def crop(self, image: Image, box: Box) -> Image:
        """Cuts and resizes a face.

        Args:
            image: (height, width, 3) BGR.
            box: The face in pixels of `image`.

        Returns:
            (size, size, 3) uint8, RGB; valid until the next call.

        Raises:
            ValueError: The box lies outside the picture.
        """
        resize_into(cut(image, *square_around(box)), self._rgb)
        cv2.cvtColor(self._rgb, cv2.COLOR_BGR2RGB, dst=self._rgb)
        return self._rgb

    def sharpness(self) -> float:
        """Sharpness of the last crop; see `SharpnessMeter.measure`."""
        return self._sharpness.measure(self._rgb)


def face_crop(image: Image, box: Box, size: int) -> Image:
    """The classifier's input for one face as an array of its own; see `Cropper.crop`."""
    return Cropper(size).crop(image, box)


def whole_image_box(image: Image) -> Box:
    """The face box for a picture that is a face crop already: `square_around` then takes all of it."""
    height, width = image.shape[:2]
    side = max(width, height) / (1 + 2 * CROP_MARGIN)
    return Box((width - side) / 2, (height - side) / 2, side, side)
