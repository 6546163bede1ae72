"""What stands in a TFLite file: operations, tensors, quantisation. Needs no TensorFlow.

Source of the layout: the TensorFlow Lite schema, version 3.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

from ai_edge_litert import schema_py_generated as schema

from edge.errors import GateError, ModelError

FLOATS = frozenset({"float16", "float32", "float64", "bfloat16"})
PER_CHANNEL = frozenset({"CONV_2D", "DEPTHWISE_CONV_2D"})
"""Operations whose weights must have a scale for each channel; the weights are their second input."""

GENERIC = frozenset(
    {"add", "batchnorm", "BiasAdd", "convolution", "depthwise", "MatMul", "Max", "Mean", "mul"}
    | {"Relu", "Relu6", "Softmax", "sub", "sub1"}
)
"""Parts of a tensor's name that are the same for all layers of a kind."""

CONVERSIONS = frozenset({"QUANTIZE", "DEQUANTIZE"})


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor; `scale` and `zero_point` are the first ones where there are several `scales`."""

    index: int
    name: str
    shape: tuple[int, ...]
    dtype: str
    scales: int
    scale: float
    zero_point: int

    @property
    def is_float(self) -> bool:
        """Whether its values are no whole numbers."""
        return self.dtype in FLOATS


@dataclass(frozen=True, slots=True)
class Op:
    """One operation and what it reads and writes."""

    name: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]

    @property
    def floats(self) -> tuple[Tensor, ...]:
        """The tensors that make it compute in floating point."""
        return tuple(tensor for tensor in (*self.inputs, *self.outputs) if tensor.is_float)

    @property
    def channels_differ(self) -> bool:
        """Whether its weights have a scale for each channel, or need none."""
        if self.name not in PER_CHANNEL or len(self.inputs) < 2:
            return True
        weights = self.inputs[1]
        # Depthwise weights are (1, height, width, channels); all others have their outputs first.
        axis = 3 if self.name == "DEPTHWISE_CONV_2D" else 0
        return weights.scales == weights.shape[axis]


@dataclass(frozen=True, slots=True)
class Graph:
    """A model's only graph, operations in the order in which they run."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    ops: tuple[Op, ...]

    def counted(self) -> tuple[tuple[str, int, int], ...]:
        """Name, number and how many of them compute in whole numbers, the most frequent first."""
        total = Counter(op.name for op in self.ops)
        whole = Counter(op.name for op in self.ops if not op.floats)
        return tuple((name, count, whole[name]) for name, count in total.most_common())

    def layers(self) -> tuple[Op, ...]:
        """The operations that compute something: all but conversions between kinds of numbers."""
        return tuple(op for op in self.ops if op.name not in CONVERSIONS)


def read(flat: bytes, name: str = "the model") -> Graph:
    """Reads a TFLite file.

    Args:
        flat: Its content.
        name: What to call it in an error.

    Raises:
        ModelError: It is none, or has several graphs.
    """
    # The identifier of a flatbuffer follows its four bytes of root offset.
    if flat[4:8] != b"TFL3":
        raise ModelError(f"{name} is not a TFLite model")
    try:
        model = schema.ModelT.InitFromObj(schema.Model.GetRootAs(flat, 0))
        graphs = [_graph(only, model.operatorCodes) for only in model.subgraphs]
    except Exception as error:  # what flatbuffers raises on damage has no common ancestor
        raise ModelError(f"{name} is a damaged TFLite model: {error}") from None
    if len(graphs) != 1:
        raise ModelError(f"{name} has {len(graphs)} graphs, a classifier has one")
    return graphs[0]


def _graph(raw: Any, codes: list[Any]) -> Graph:
    tensors = tuple(_tensor(index, one) for index, one in enumerate(raw.tensors))
    ops = tuple(_op(one, codes, tensors) for one in raw.operators)
    return Graph(_chosen(raw.inputs, tensors), _chosen(raw.outputs, tensors), ops)


def require_integer(graph: Graph, name: str) -> None:
    """Insists that a model computes in whole numbers, with a scale for each channel of its weights.

    Raises:
        GateError: It does not; the first operation at fault is named.
    """
    for op in graph.ops:
        if op.floats:
            where = op.outputs[0].name if op.outputs else op.floats[0].name
            raise GateError(
                f"{name} is not fully integer: {op.name} ({_short(where)}) computes in {op.floats[0].dtype}; "
                "replace this operation in the network by one that has an int8 kernel"
            )
        if not op.channels_differ:
            raise GateError(
                f"{name} has one scale for all channels of {op.name} ({_short(op.outputs[0].name)}); "
                "convert the model again with weights quantised per channel"
            )


def short_name(tensor: Tensor) -> str:
    """A tensor's name without the scopes and fused parts that make it unreadable."""
    return _short(tensor.name)


def _short(name: str) -> str:
    """The layer's own name: the last part that does not only say how the framework computes it."""
    # The converter joins the names of fused operations with semicolons.
    parts = [part for part in name.split(";", maxsplit=1)[0].split("/") if part]
    own = [part for part in parts if part.partition("_")[0] not in GENERIC]
    return (own or parts or ["?"])[-1]


def _op(raw: Any, codes: list[Any], tensors: tuple[Tensor, ...]) -> Op:
    code = codes[raw.opcodeIndex]
    # Old files keep small codes in the deprecated field.
    number = max(code.builtinCode, code.deprecatedBuiltinCode)
    named = _names(schema.BuiltinOperator)[number]
    text = (code.customCode or b"").decode() if named == "CUSTOM" else named
    return Op(text, _chosen(raw.inputs, tensors), _chosen(raw.outputs, tensors))


def _tensor(index: int, raw: Any) -> Tensor:
    quantised = raw.quantization
    scales = [] if quantised is None or quantised.scale is None else list(quantised.scale)
    zeros = [] if quantised is None or quantised.zeroPoint is None else list(quantised.zeroPoint)
    return Tensor(
        index=index,
        name=(raw.name or b"").decode(),
        shape=tuple(int(n) for n in (raw.shape if raw.shape is not None else ())),
        dtype=_names(schema.TensorType)[raw.type].lower(),
        scales=len(scales),
        scale=float(scales[0]) if scales else 0.0,
        zero_point=int(zeros[0]) if zeros else 0,
    )


def _chosen(indices: Any, tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The tensors of these numbers; -1 stands for one that is left out."""
    return () if indices is None else tuple(tensors[i] for i in indices if i >= 0)


@cache
def _names(enumeration: Any) -> dict[int, str]:
    # The generated enumerations are plain classes without a table of names.
    return {
        value: name for name, value in vars(enumeration).items() if isinstance(value, int) and name.isupper()
    }
