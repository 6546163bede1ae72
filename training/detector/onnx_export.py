"""Writes the detector as an ONNX graph, node by node, in the layout that OpenCV reads best.

Exporters that trace a network fix its input size or give wrong numbers when it changes in OpenCV;
a graph of plain Conv, MaxPool, Resize, Slice, Transpose and Reshape nodes in NCHW does not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from edge.errors import ModelError
from edge.system.files import write_atomic
from training.detector.network import OUTPUTS, STRIDES, Design, NetworkLayer, Weights, forward, layers

OPSET = 13


class _Graph:
    """Collects nodes; values are names."""

    def __init__(self, design: Design, weights: Sequence[Weights]) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        left = iter(weights)
        self._weights = {layer.name: [next(left) for _ in layer.shapes] for layer in layers(design)}
        # Factors, not sizes, so that the graph takes any input size.
        self.constant("scales", np.array([1, 1, 2, 2], np.float32))
        self.constant("axis", np.array([1], np.int64))

    def constant(self, name: str, values: NDArray[np.generic]) -> str:
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def node(self, kind: str, inputs: Sequence[str], output: str = "", **attributes: Any) -> str:
        name = output or f"{kind.lower()}{len(self.nodes)}"
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def _conv(
        self, x: str, name: str, kernel: Weights, bias: Weights, stride: int = 1, group: int = 1
    ) -> str:
        side = kernel.shape[-1]
        border = [side // 2] * 4
        inputs = [x, self.constant(f"{name}.weight", kernel), self.constant(f"{name}.bias", bias)]
        return self.node(
            "Conv", inputs, name, kernel_shape=[side] * 2, pads=border, strides=[stride] * 2, group=group
        )

    def stem(self, x: str, layer: NetworkLayer) -> str:
        kernel, bias = self._weights[layer.name]
        return self._conv(x, layer.name, kernel.transpose(3, 2, 0, 1), bias, stride=2)

    def unit(self, x: str, layer: NetworkLayer) -> str:
        point, shift, depth, bias = self._weights[layer.name]
        x = self._conv(x, f"{layer.name}.point", point.transpose(3, 2, 0, 1), shift)
        return self._conv(x, f"{layer.name}.depth", depth.transpose(2, 3, 0, 1), bias, group=layer.width)

    def relu(self, x: str) -> str:
        return self.node("Relu", [x])

    def pool(self, x: str) -> str:
        return self.node("MaxPool", [x], kernel_shape=[2, 2], strides=[2, 2])

    def double(self, x: str) -> str:
        # The settings that repeat every cell, as `tf.repeat` does in training.
        how = {"mode": "nearest", "coordinate_transformation_mode": "asymmetric", "nearest_mode": "floor"}
        return self.node("Resize", [x, "", "scales"], **how)

    def add(self, x: str, y: str) -> str:
        return self.node("Add", [x, y])

    def outputs(self, head: str, stride: int) -> None:
        """Cuts the head's channels into the named outputs, (1, cells, channels) each."""
        start = 0
        for name, width in OUTPUTS:
            ends = [self.constant(f"{name}_{stride}.{key}", np.array([at], np.int64))
                    for key, at in (("from", start), ("to", start + width))]  # fmt: skip
            part = self.node("Slice", [head, *ends, "axis"])
            if width > 1:  # one channel lies in memory in the same order either way
                part = self.node("Transpose", [part], perm=[0, 2, 3, 1])
            shape = f"shape{width}"
            if not any(known.name == shape for known in self.constants):
                self.constant(shape, np.array([1, -1, width], np.int64))
            last = f"{name}_{stride}"
            if width == 1:
                # OpenCV's decoder takes probabilities; training needs the logits.
                self.node("Sigmoid", [self.node("Reshape", [part, shape])], last)
            else:
                self.node("Reshape", [part, shape], last)
            start += width


def to_onnx(design: Design, weights: Sequence[Weights]) -> onnx.ModelProto:
    """The graph with the given weights, for any input size that is a multiple of 32."""
    graph = _Graph(design, weights)
    for head, stride in zip(forward(graph, design, "input"), STRIDES, strict=True):
        graph.outputs(head, stride)
    picture = helper.make_tensor_value_info("input", TensorProto.FLOAT, [1, 3, "height", "width"])
    results = [
        helper.make_tensor_value_info(f"{name}_{stride}", TensorProto.FLOAT, [1, None, width])
        for name, width in OUTPUTS for stride in STRIDES
    ]  # fmt: skip
    body = helper.make_graph(graph.nodes, "maskgate-detector", [picture], results, graph.constants)
    model = helper.make_model(body, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="maskgate")
    model.ir_version = 8
    onnx.checker.check_model(model)
    return model


def save(design: Design, weights: Sequence[Weights], file: Path) -> None:
    """Writes the ONNX file in one piece.

    Raises:
        StorageError: It cannot be written.
    """
    write_atomic(file, to_onnx(design, weights).SerializeToString())


def shift_scores(source: Path, delta: float, file: Path) -> None:
    """Writes a copy of an exported detector that adds `delta` to the logits of both of its scores.

    This moves the threshold at which it works best to a number of one's choice and changes no box.
    """
    model = onnx.load(str(source))
    biases = {f"head{stride}.depth.bias" for stride in STRIDES}
    for entry in model.graph.initializer:
        if entry.name in biases:
            values = numpy_helper.to_array(entry).copy()
            # `cls` and `obj` are the first two of `OUTPUTS`.
            values[:2] += np.float32(delta)
            entry.CopyFrom(numpy_helper.from_array(values, entry.name))
    write_atomic(file, model.SerializeToString())


def read(file: Path) -> tuple[Design, tuple[Weights, ...]]:
    """The network in a file that `save` wrote, for checks and for further training.

    Raises:
        ModelError: The file does not hold one.
    """
    try:
        model = onnx.load(str(file))
        known = {entry.name: numpy_helper.to_array(entry) for entry in model.graph.initializer}
        design = _design({name: array.shape for name, array in known.items()})
        return design, tuple(value for layer in layers(design) for value in _stored(layer, known))
    except Exception:  # protobuf's own errors share no other base, and say nothing to people
        raise ModelError(
            f"{file} is no detector that maskgate-train exported; name the detector.onnx of a run of "
            "maskgate-train detector"
        ) from None


def _design(shapes: dict[str, tuple[int, ...]]) -> Design:
    fine = sum(name.startswith("unit4.") and name.endswith("point.bias") for name in shapes)
    body = tuple(shapes[f"unit{stride}.1.point.bias"][0] for stride in STRIDES)
    refine = tuple(
        sum(name.startswith(f"refine{stride}.") and name.endswith("point.bias") for name in shapes)
        for stride in STRIDES
    )
    widths = tuple(shapes[f"unit4.{number}.point.bias"][0] for number in range(fine))
    return Design(shapes["stem.bias"][0], widths, body, refine)  # type: ignore[arg-type]


def _stored(layer: NetworkLayer, known: dict[str, Weights]) -> Iterator[Weights]:
    if layer.name == "stem":
        yield known["stem.weight"].transpose(2, 3, 1, 0)
        yield known["stem.bias"]
        return
    yield known[f"{layer.name}.point.weight"].transpose(2, 3, 1, 0)
    yield known[f"{layer.name}.point.bias"]
    yield known[f"{layer.name}.depth.weight"].transpose(2, 3, 0, 1)
    yield known[f"{layer.name}.depth.bias"]
