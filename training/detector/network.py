"""The detector's network, written once against a few operations.

The shape is YuNet's (Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", MIR 2023):
units of a pointwise and a depthwise convolution, max pooling between strides, a top-down neck by
addition, and a head at strides 8, 16 and 32 whose outputs `cv2.FaceDetectorYN` decodes. Ours has
widths of its own, refining units that add to their input, and one head convolution per stride
for all sixteen outputs, where YuNet has four. `forward` runs on tensors in training and on names of graph
nodes in the export, so that both are the same network.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

STRIDES = (8, 16, 32)
OUTPUTS = (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
"""What the head gives at every cell, in channel order; `cls` and `obj` as logits."""
HEAD = sum(width for _, width in OUTPUTS)
PRIOR = -3.0
"""Logit of both scores before training: faces are rare."""
Weights = NDArray[np.float32]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Design:
    """Widths of the network.

    Attributes:
        stem: Channels of the first convolution and its unit, at stride 2.
        fine: Units at stride 4.
        body: Widths of the units at strides 8, 16 and 32.
        refine: How many refining units follow the body of each of these strides.
    """

    stem: int = 16
    fine: tuple[int, ...] = (16, 32, 32, 64)
    body: tuple[int, int, int] = (64, 64, 64)
    refine: tuple[int, int, int] = (0, 0, 0)


@dataclass(frozen=True, slots=True)
class NetworkLayer:
    """One unit: pointwise to `width` channels, then depthwise 3x3. The stem is a plain 3x3 with stride 2."""

    name: str
    inputs: int
    width: int

    @property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Shapes of its kernels and biases: HWIO, bias, HWC1, bias; the stem has the first two."""
        if self.name == "stem":
            return (3, 3, self.inputs, self.width), (self.width,)
        return (1, 1, self.inputs, self.width), (self.width,), (3, 3, self.width, 1), (self.width,)


YUNET = Design()
"""The published network; it serves as the starting point and as a check of the export."""


def layers(design: Design) -> tuple[NetworkLayer, ...]:
    """Every layer, in the order in which the weights are kept."""
    return tuple(_layers(design))


def _layers(design: Design) -> Iterator[NetworkLayer]:
    yield NetworkLayer("stem", 3, design.stem)
    yield NetworkLayer("unit2", design.stem, design.stem)
    width = design.stem
    for number, wider in enumerate(design.fine):
        yield NetworkLayer(f"unit4.{number}", width, wider)
        width = wider
    for stride, wider, refining in zip(STRIDES, design.body, design.refine, strict=True):
        for number in range(2):
            yield NetworkLayer(f"unit{stride}.{number}", width, wider)
            width = wider
        for number in range(refining):
            yield NetworkLayer(f"refine{stride}.{number}", width, width)
    c8, c16, c32 = design.body
    for stride, inputs, wider in ((32, c32, c16), (16, c16, c8), (8, c8, c8)):
        yield NetworkLayer(f"neck{stride}", inputs, wider)
    for stride, inputs in zip(STRIDES, (c8, c8, c16), strict=True):
        yield NetworkLayer(f"head{stride}", inputs, HEAD)


class Ops(Protocol[Value]):
    """What the network is made of; `layer` looks up weights by the layer's name."""

    def stem(self, x: Value, layer: NetworkLayer) -> Value:
        """3x3 convolution with stride 2 and a border of one zero on every side."""

    def unit(self, x: Value, layer: NetworkLayer) -> Value:
        """Pointwise, then depthwise 3x3 with a border of zeros; no activation."""

    def relu(self, x: Value) -> Value:
        """Rectifies."""

    def pool(self, x: Value) -> Value:
        """Largest of 2x2."""

    def double(self, x: Value) -> Value:
        """Repeats every cell twice in both directions."""

    def add(self, x: Value, y: Value) -> Value:
        """Sum."""


def forward(ops: Ops[Value], design: Design, x: Value) -> tuple[Value, ...]:
    """Head maps (…, 16 channels) at strides 8, 16 and 32, for a BGR picture of 0 to 255."""
    of = {layer.name: layer for layer in layers(design)}
    x = ops.relu(ops.stem(x, of["stem"]))
    x = ops.pool(ops.relu(ops.unit(x, of["unit2"])))
    for number in range(len(design.fine)):
        x = ops.relu(ops.unit(x, of[f"unit4.{number}"]))
    found = []
    for stride, refining in zip(STRIDES, design.refine, strict=True):
        x = ops.pool(x)
        for number in range(2):
            x = ops.relu(ops.unit(x, of[f"unit{stride}.{number}"]))
        for number in range(refining):
            x = ops.relu(ops.add(x, ops.unit(x, of[f"refine{stride}.{number}"])))
        found.append(x)
    neck32 = ops.relu(ops.unit(found[2], of["neck32"]))
    neck16 = ops.relu(ops.unit(ops.add(found[1], ops.double(neck32)), of["neck16"]))
    neck8 = ops.relu(ops.unit(ops.add(found[0], ops.double(neck16)), of["neck8"]))
    return tuple(
        ops.unit(value, of[f"head{stride}"])
        for stride, value in zip(STRIDES, (neck8, neck16, neck32), strict=True)
    )


def parameters(design: Design) -> int:
    """How many numbers the network has."""
    return sum(int(np.prod(shape)) for layer in layers(design) for shape in layer.shapes)


def random_weights(design: Design, seed: int) -> tuple[Weights, ...]:
    """Weights to start from: He normal, zero biases, an untrained head that believes in no face.

    Source: He et al., "Delving Deep into Rectifiers", ICCV 2015; the prior of the scores from Lin
    et al., "Focal Loss for Dense Object Detection", ICCV 2017.
    """
    rng = np.random.default_rng(seed)
    return tuple(value for layer in layers(design) for value in _random_layer(layer, rng))


def _random_layer(layer: NetworkLayer, rng: np.random.Generator) -> Iterator[Weights]:
    for number, shape in enumerate(layer.shapes):
        if len(shape) == 1:
            bias = np.zeros(shape, np.float32)
            # The last bias of a head; `cls` and `obj` are the first of its channels.
            if layer.name.startswith("head") and number == 3:
                bias[:2] = PRIOR
            yield bias
        else:
            yield rng.normal(0, _spread(layer, shape), shape).astype(np.float32)


def _spread(layer: NetworkLayer, shape: tuple[int, ...]) -> float:
    """Standard deviation of a kernel's starting values."""
    depthwise = shape[3] == 1 and shape[0] == 3
    # A refining unit adds to its input, and adds nothing at first.
    if depthwise and layer.name.startswith("refine"):
        return 0.0
    if layer.name == "stem":
        return float((2 / np.prod(shape[:3])) ** 0.5) / 128  # pictures come as 0 to 255
    # No activation follows a pointwise convolution, so it needs no gain.
    return float((2 / 9) ** 0.5) if depthwise else float((1 / shape[2]) ** 0.5)
