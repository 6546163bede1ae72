"""Heat maps laid over crops, and those by occlusion, of whatever gives answers; see also `gradcam`."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.augmentation.pixels import as_image
from training.metrics import Shares

Heat = NDArray[np.float32]
"""(size, size), 0 to 1."""
HeatMaker = Callable[[Image, int], Heat]
"""From a crop (size, size, 3) RGB and the index of a label to what speaks for the label."""

GRID = 8
"""Places in a row at which a patch hides the crop."""
PATCH = 2
"""Side of the patch, in such places."""
GREY = 127


def occlusion_map(predict: Callable[[NDArray[np.uint8]], Shares], crop: Image, label: int) -> Heat:
    """How much the share of a label falls where a grey patch hides a place.

    Args:
        predict: From (n, size, size, 3) crops to probabilities.
        crop: (size, size, 3) RGB.
        label: Index of the label that is asked about.

    Returns:
        1 where hiding costs most; 0 everywhere where hiding costs nothing.

    Source: Zeiler and Fergus, "Visualizing and Understanding Convolutional Networks", ECCV 2014.
    """
    size = len(crop)
    edges = np.linspace(0, size, GRID + 1).round().astype(int)
    starts = range(GRID - PATCH + 1)
    hidden = np.repeat(crop[None], len(starts) ** 2, axis=0)
    for number, (row, column) in enumerate((row, column) for row in starts for column in starts):
        rows = slice(edges[row], edges[row + PATCH])
        hidden[number, rows, edges[column] : edges[column + PATCH]] = GREY
    shares = predict(np.concatenate([crop[None], hidden]))[:, label]
    falls = np.maximum(shares[0] - shares[1:], 0.0).reshape(len(starts), len(starts))
    heat = cv2.resize(falls.astype(np.float32), (size, size), interpolation=cv2.INTER_LINEAR)
    return np.asarray(heat / max(float(heat.max()), 1e-9), np.float32)


def overlay(crop: Image, heat: Heat) -> Image:
    """The crop with its heat map in colours over it: (size, size, 3) RGB."""
    colours = cv2.cvtColor(cv2.applyColorMap(as_image(heat * 255), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    strength = 0.65 * heat[..., None]
    return as_image(crop * (1 - strength) + colours * strength)
