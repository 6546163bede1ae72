"""Where the weights come from: a published ONNX of the same family, widened, or random numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from edge.errors import ModelError
from training.detector.network import (
    OUTPUTS,
    STRIDES,
    YUNET,
    Design,
    NetworkLayer,
    Weights,
    layers,
    parameters,
    random_weights,
)


def initial(design: Design, published: Path | None, seed: int) -> tuple[Weights, ...]:
    """Weights to start training from.

    Args:
        design: The network wanted; at least as wide as YuNet where `published` is given.
        published: YuNet 2023mar as ONNX, or None for random weights.
        seed: Of what is random.

    Raises:
        ModelError: The file does not hold that network.
    """
    fresh = random_weights(design, seed)
    if published is None:
        return fresh
    return widen(read_published(published), design, fresh)


def read_published(file: Path) -> tuple[Weights, ...]:
    """The weights of YuNet 2023mar in the order of `layers(YUNET)`, its four heads side by side.

    Raises:
        ModelError: The file does not hold that network.
    """
    try:
        model = onnx.load(str(file))
    except Exception as error:  # protobuf's own errors share no other base
        raise ModelError(f"{file} is not an ONNX model: {error}") from None
    arrays = {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}
    convs = [
        tuple(np.asarray(arrays[name], np.float32) for name in node.input[1:])
        for node in model.graph.node
        if node.op_type == "Conv"
    ]
    # In the file, every output of every stride has a pointwise and a depthwise convolution of its own.
    heads = len(OUTPUTS) * len(STRIDES) * 2
    # The body has 29: the stem, and 14 units of two convolutions.
    if len(convs) != 30 + heads - 1 or sum(array.size for pair in convs for array in pair) != parameters(
        YUNET
    ):
        raise ModelError(f"{file} is not YuNet 2023mar, whose weights training can start from")
    body, head = convs[:-heads], convs[-heads:]
    return tuple(value for pair in (*body, *_joined(head)) for value in _ours(*pair))


def _joined(head: list[tuple[Weights, ...]]) -> Iterator[tuple[Weights, ...]]:
    """One pointwise and one depthwise pair a stride, out of four; the file has cls, bbox, obj, kps."""
    order = [0, 2, 1, 3]
    for level in range(len(STRIDES)):
        for half in range(2):
            pairs = [head[(kind * len(STRIDES) + level) * 2 + half] for kind in order]
            yield tuple(np.concatenate([pair[part] for pair in pairs]) for part in range(2))


def _ours(kernel: Weights, bias: Weights) -> tuple[Weights, Weights]:
    """From OIHW to HWIO, a depthwise kernel (C, 1, 3, 3) to (3, 3, C, 1)."""
    depthwise = kernel.shape[1] == 1 and kernel.shape[2] == 3
    return np.ascontiguousarray(kernel.transpose((2, 3, 0, 1) if depthwise else (2, 3, 1, 0))), bias


def widen(published: tuple[Weights, ...], design: Design, fresh: tuple[Weights, ...]) -> tuple[Weights, ...]:
    """Puts published weights into a wider or deeper network that computes the same at first.

    New channels start random and unused: what reads them has zeros. Refining units add nothing
    yet, because their depthwise filters are zero.

    Source: Chen, Goodfellow and Shlens, "Net2Net", ICLR 2016 (widening that keeps the function).
    """
    old = dict(zip(_names(YUNET), published, strict=True))
    wide = []
    for (layer, number), value in zip(_places(design), fresh, strict=True):
        known = old.get((layer.name, number))
        wide.append(value if known is None else _laid_over(value, known))
    return tuple(wide)


def _places(design: Design) -> Iterator[tuple[NetworkLayer, int]]:
    for layer in layers(design):
        for number in range(len(layer.shapes)):
            yield layer, number


def _names(design: Design) -> list[tuple[str, int]]:
    return [(layer.name, number) for layer, number in _places(design)]


def _laid_over(value: Weights, known: Weights) -> Weights:
    if any(new < old for new, old in zip(value.shape, known.shape, strict=True)):
        raise ModelError(f"a layer of shape {value.shape} cannot take published weights of {known.shape}")
    out = value.copy()
    if out.ndim == 4 and out.shape[0] == 1:
        # Published channels must not read the new ones, which start at random.
        out[:, :, known.shape[2] :, : known.shape[3]] = 0
    out[tuple(slice(0, size) for size in known.shape)] = known
    return out
