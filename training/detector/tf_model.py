"""The network on TensorFlow tensors, NHWC, and its outputs cell by cell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf

from training.detector.network import STRIDES, Design, NetworkLayer, Weights, forward, layers

Tensor = Any
PICTURE = 128.0
"""Training divides pictures by this and multiplies the stem by it, so that one step size suits all layers."""


@dataclass(frozen=True, slots=True)
class Cells:
    """The head's outputs at all cells of all strides: (batch, cells, …).

    Attributes:
        cls: Logit of the quality of the box, (batch, cells).
        obj: Logit of there being a face, (batch, cells).
        boxes: Left, top, right, bottom in pixels, (batch, cells, 4).
        marks: Landmarks as offsets in strides from the cell, (batch, cells, 10).
    """

    cls: Tensor
    obj: Tensor
    boxes: Tensor
    marks: Tensor


class TfDetector:
    """Variables of the network and their use."""

    def __init__(self, design: Design, weights: Sequence[Weights]) -> None:
        self.design = design
        self.variables = [tf.Variable(value, name=f"w{number}") for number, value in enumerate(weights)]
        self.variables[0].assign(self.variables[0] * PICTURE)
        left = iter(self.variables)
        self._of = {layer.name: [next(left) for _ in layer.shapes] for layer in layers(design)}

    def weights(self, values: Sequence[Weights] | None = None) -> tuple[Weights, ...]:
        """The weights as the export wants them; of the given values where the optimizer keeps an average."""
        plain = [np.array(value, np.float32) for value in (values or self.variables)]
        plain[0] /= np.float32(PICTURE)
        return tuple(plain)

    def maps(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """Head maps (batch, height, width, 16) at each stride for (batch, height, width, 3) BGR, 0 to 255."""
        return forward(self, self.design, tf.cast(pixels, tf.float32) / PICTURE)

    def stem(self, x: Tensor, layer: NetworkLayer) -> Tensor:
        """3x3 convolution with stride 2."""
        kernel, bias = self._of[layer.name]
        # "SAME" pads an even side only at its end with a stride of 2; the ONNX graph pads both ends.
        return tf.nn.conv2d(x, kernel, 2, [[0, 0], [1, 1], [1, 1], [0, 0]]) + bias

    def unit(self, x: Tensor, layer: NetworkLayer) -> Tensor:
        """Pointwise, then depthwise convolution."""
        point, shift, depth, bias = self._of[layer.name]
        x = tf.nn.conv2d(x, point, 1, "SAME") + shift
        return tf.nn.depthwise_conv2d(x, depth, [1, 1, 1, 1], "SAME") + bias

    def relu(self, x: Tensor) -> Tensor:
        """Rectifies."""
        return tf.nn.relu(x)

    def pool(self, x: Tensor) -> Tensor:
        """Largest of 2x2."""
        return tf.nn.max_pool2d(x, 2, 2, "VALID")

    def double(self, x: Tensor) -> Tensor:
        """Repeats every cell in both directions."""
        return tf.repeat(tf.repeat(x, 2, axis=1), 2, axis=2)

    def add(self, x: Tensor, y: Tensor) -> Tensor:
        """Sum."""
        return x + y


def grid(height: int, width: int) -> tuple[Weights, Weights]:
    """Left top corner (cells, 2) in pixels and stride (cells, 1) of every cell, as the outputs come."""
    corners, strides = [], []
    for stride in STRIDES:
        y, x = np.mgrid[0 : height // stride, 0 : width // stride]
        corners.append(np.stack([x.ravel(), y.ravel()], 1) * stride)
        strides.append(np.full((x.size, 1), stride))
    return np.concatenate(corners).astype(np.float32), np.concatenate(strides).astype(np.float32)


def cells(maps: Sequence[Tensor]) -> Cells:
    """Decodes head maps as `cv2.FaceDetectorYN` does, but for the threshold and suppression."""
    height, width = maps[0].shape[1] * STRIDES[0], maps[0].shape[2] * STRIDES[0]
    corners, strides = grid(height, width)
    flat = tf.concat([tf.reshape(one, (-1, one.shape[1] * one.shape[2], one.shape[3])) for one in maps], 1)
    centre = corners + flat[..., 2:4] * strides
    # The exponential of an untrained output may overflow.
    half = tf.exp(tf.clip_by_value(flat[..., 4:6], -4.0, 5.0)) * strides / 2
    return Cells(flat[..., 0], flat[..., 1], tf.concat([centre - half, centre + half], -1), flat[..., 6:])
