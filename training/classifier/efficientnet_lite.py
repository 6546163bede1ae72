"""EfficientNet-Lite: EfficientNet without squeeze-and-excitation and with ReLU6, made for 8 bits.

Source: Tan and Le, "EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks", ICML 2019;
tensorflow/tpu, models/official/efficientnet/lite, for the lite variants.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras

STEM, HEAD = 32, 1280
"""Filters of the first and the last convolution, whatever the scale."""


@dataclass(frozen=True, slots=True)
class LiteStage:
    """Blocks of one size: how many, their kernel and first stride, and what they expand to and give."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


STAGES = (
    LiteStage(1, 3, 1, 1, 16),
    LiteStage(2, 3, 2, 6, 24),
    LiteStage(2, 5, 2, 6, 40),
    LiteStage(3, 3, 2, 6, 80),
    LiteStage(3, 5, 1, 6, 112),
    LiteStage(4, 5, 2, 6, 192),
    LiteStage(1, 3, 1, 6, 320),
)

VARIANTS = {"efficientnet_lite0": (1.0, 1.0), "efficientnet_lite2": (1.1, 1.2)}
"""Factors of width and depth by name."""


def build(variant: str, size: int, name: str) -> keras.Model:
    """A network without top and with random weights, from (n, size, size, 3) pixels of -1 to 1.

    Its layers are named as in the published weights, which load by these names.
    """
    width, depth = VARIANTS[variant]
    pixels = keras.Input((size, size, 3))
    x = _activated(_convolution(pixels, STEM, 3, 2, "stem"), "stem")
    number = 0
    for place, stage in enumerate(STAGES):
        # The first and the last stage keep their depth.
        repeats = stage.repeats if place in (0, len(STAGES) - 1) else math.ceil(stage.repeats * depth)
        for repeat in range(repeats):
            x = _block(
                x, stage, stage.stride if repeat == 0 else 1, (f"b{number}", _rounded(stage.filters * width))
            )
            number += 1
    x = _activated(_convolution(x, HEAD, 1, 1, "head"), "head")
    return keras.Model(pixels, x, name=name)


def _block(x: Any, stage: LiteStage, stride: int, named: tuple[str, int]) -> Any:
    """An inverted bottleneck; `named` holds its name and the number of its filters."""
    name, filters = named
    given = x
    if stage.expansion > 1:
        x = _activated(
            _convolution(x, x.shape[-1] * stage.expansion, 1, 1, f"{name}_expand"), f"{name}_expand"
        )
    x = keras.layers.DepthwiseConv2D(stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_dw")(
        x
    )
    x = _activated(keras.layers.BatchNormalization(name=f"{name}_dw_bn")(x), f"{name}_dw")
    x = _convolution(x, filters, 1, 1, f"{name}_project")
    if stride == 1 and given.shape[-1] == filters:
        x = keras.layers.Add(name=f"{name}_add")([x, given])
    return x


def _convolution(x: Any, filters: int, kernel: int, stride: int, name: str) -> Any:
    x = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=name)(x)
    return keras.layers.BatchNormalization(name=f"{name}_bn")(x)


def _activated(x: Any, name: str) -> Any:
    return keras.layers.ReLU(6.0, name=f"{name}_relu")(x)


def _rounded(filters: float) -> int:
    """To a multiple of 8, but not by more than a tenth down."""
    near = max(8, int(filters + 4) // 8 * 8)
    return near if near >= 0.9 * filters else near + 8
