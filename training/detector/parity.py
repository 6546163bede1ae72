"""Whether OpenCV computes what the framework computes: the numbers, not the absence of an error."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.system.native_path import native_path
from edge.types import Image
from training.detector import onnx_export
from training.detector.network import OUTPUTS, STRIDES, Weights
from training.detector.tf_model import TfDetector

SIZES = ((320, 256), (320, 320), (640, 480))
"""Width and height, multiples of 32; the decoder pads 320x240 to the first."""
# Measured are less than 4e-6, with OpenCV 4.14 and 5.0.
LIMIT = 1e-3
NAMES = tuple(f"{name}_{stride}" for name, _ in OUTPUTS for stride in STRIDES)


def opencv(model: Path, pictures: Iterable[Image]) -> list[tuple[Weights, ...]]:
    """The twelve outputs, in the order of `NAMES`, for each picture."""
    with native_path(model) as name:
        network = cv2.dnn.readNetFromONNX(name)
    found = []
    for picture in pictures:
        network.setInput(cv2.dnn.blobFromImage(picture))
        found.append(tuple(np.array(value, np.float32) for value in network.forward(NAMES)))
    return found


def framework(model: Path, pictures: Iterable[Image]) -> list[tuple[Weights, ...]]:
    """The same from the weights in the file, computed by the framework that trained them."""
    network = TfDetector(*onnx_export.read(model))
    return [_outputs([one.numpy() for one in network.maps(picture[None])]) for picture in pictures]


def _outputs(maps: Sequence[Weights]) -> tuple[Weights, ...]:
    found: list[Weights] = []
    start = 0
    for _, width in OUTPUTS:
        for one in maps:
            flat = one[..., start : start + width].reshape(1, -1, width)
            # The sigmoid written with tanh, which does not overflow.
            found.append(np.asarray(0.5 + 0.5 * np.tanh(flat / 2) if width == 1 else flat, np.float32))
        start += width
    return tuple(found)


def largest_difference(model: Path, pictures: Sequence[Image]) -> float:
    """The largest difference of any output on any picture at any of `SIZES`; NaN counts as infinite."""
    worst = 0.0
    for size in SIZES:
        sized = [np.asarray(cv2.resize(picture, size), np.uint8) for picture in pictures]
        for ours, theirs in zip(framework(model, sized), opencv(model, sized), strict=True):
            for one, other in zip(ours, theirs, strict=True):
                gap = float(np.abs(one - other).max()) if one.shape == other.shape else float("inf")
                worst = max(worst, gap if np.isfinite(gap) else float("inf"))
    return worst
