"""How far each layer of an int8 model strays from the float model, and what to try against it.

Both models run as TFLite on the same crops, with the value of every tensor kept. Source of the idea
and of the yardstick RMSE / scale: TensorFlow's quantisation debugger. It wants a model of its own
with floats between the layers; this looks at the very model that a device gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from convert import tflite
from edge.cli.output import room, table
from edge.system.native_output import without_native_chatter
from training.metrics import Truth

Pixels = NDArray[np.uint8]
PER_CLASS = 40
"""Crops of each class that are looked at so closely."""


@dataclass(frozen=True, slots=True)
class LayerComparison:
    """One layer.

    Attributes:
        name: The layer's, shortened.
        op: What it computes.
        steps: Root mean square error in steps of its int8 scale; rounding alone gives 0.29.
        error: Root mean square error as a share of the standard deviation of the float values.
        added: How much of `error` this layer adds to that of its worst input.
        clipped: Share of the float values beyond the int8 range, in the class where it is largest, without
            the worst crop of each.
    """

    name: str
    op: str
    steps: float
    error: float
    added: float
    clipped: float


def compare(reference: bytes, quantised: bytes, crops: Pixels, truth: Truth) -> tuple[LayerComparison, ...]:
    """Looks at every layer.

    Args:
        reference: The float32 TFLite model.
        quantised: The int8 TFLite model of the same network.
        crops: (n, size, size, 3) RGB.
        truth: (n,) labels.

    Returns:
        The layers in the order in which they run; none where the two models have not the same layers.
    """
    first, second = tflite.read(reference).layers(), tflite.read(quantised).layers()
    if [op.name for op in first] != [op.name for op in second]:
        return ()
    tapped = _Tapped(reference), _Tapped(quantised)
    sums = [_Sums(one.outputs[0], two.outputs[0]) for one, two in zip(first, second, strict=True)]
    logits = _Logits(sums[-2]) if [op.name for op in first[-2:]] == ["FULLY_CONNECTED", "SOFTMAX"] else None
    for crop, label in zip(crops, truth, strict=True):
        for each in tapped:
            each.run(crop)
        for one in sums:
            values = [each.value(tensor) for each, tensor in zip(tapped, one.tensors, strict=True)]
            if logits is not None and one is logits.sums:
                logits.keep(values[0], values[1], int(label))
            else:
                one.add(values[0], values[1], int(label))
    if logits is not None:
        logits.settle()
    return _layers(second, sums)


class _Tapped:
    """A model that remembers what every tensor held."""

    def __init__(self, flat: bytes) -> None:
        # XNNPACK would keep the values between its layers to itself.
        plain = OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        with without_native_chatter():
            self._interpreter = Interpreter(
                model_content=flat,
                experimental_op_resolver_type=plain,
                experimental_preserve_all_tensors=True,
            )
            self._interpreter.allocate_tensors()
        self._input: dict[str, Any] = self._interpreter.get_input_details()[0]

    def run(self, crop: NDArray[np.uint8]) -> None:
        # The float model takes the same pixels as floats.
        self._interpreter.set_tensor(self._input["index"], crop[np.newaxis].astype(self._input["dtype"]))
        self._interpreter.invoke()

    def value(self, tensor: tflite.Tensor) -> NDArray[np.float64]:
        raw = np.asarray(self._interpreter.get_tensor(tensor.index), np.float64)
        # Tensors of floats and of plain whole numbers have no scale.
        return (raw - tensor.zero_point) * tensor.scale if tensor.scale else raw


@dataclass(slots=True)
class _Sums:
    """What is summed up over the crops for one pair of tensors."""

    reference: tflite.Tensor
    quantised: tflite.Tensor
    count: int = 0
    squares: float = 0.0
    total: float = 0.0
    strayed: float = 0.0
    beyond: dict[int, list[float]] = field(default_factory=dict)

    @property
    def tensors(self) -> tuple[tflite.Tensor, tflite.Tensor]:
        return self.reference, self.quantised

    def add(self, wanted: NDArray[np.float64], found: NDArray[np.float64], label: int) -> None:
        self.count += wanted.size
        self.total += float(wanted.sum())
        self.squares += float((wanted**2).sum())
        self.strayed += float(((wanted - found) ** 2).sum())
        self.beyond.setdefault(label, []).append(self._outside(wanted))

    def _outside(self, wanted: NDArray[np.float64]) -> float:
        """The share of values beyond the int8 range; shapes and sizes are counted exactly and have none."""
        if not self.quantised.scale:
            return 0.0
        low, high = ((edge - self.quantised.zero_point) * self.quantised.scale for edge in (-128, 127))
        # A step beyond the end is rounding and not worth telling.
        outside = (wanted < low - self.quantised.scale) | (wanted > high + self.quantised.scale)
        return float(outside.mean())

    @property
    def error(self) -> float:
        spread = self.squares / self.count - (self.total / self.count) ** 2
        return float(np.sqrt(self.strayed / self.count / spread)) if spread > 0 else 0.0

    @property
    def steps(self) -> float:
        return (
            float(np.sqrt(self.strayed / self.count) / self.quantised.scale) if self.quantised.scale else 0.0
        )

    @property
    def clipped(self) -> float:
        # One crop of each class is let pass: in a layer with few values it alone would be beyond the limit.
        return max((sum(shares) - max(shares)) / len(shares) for shares in self.beyond.values())


@dataclass(slots=True)
class _Logits:
    """The last values before softmax, which conversion may have scaled and shifted on purpose.

    One factor and a shift for each class are fitted and granted, so that only what strays beyond
    them counts. Values at the ends of the int8 range say nothing of either and are left out.
    """

    sums: _Sums
    rows: list[tuple[NDArray[np.float64], NDArray[np.float64], int]] = field(default_factory=list)

    def keep(self, wanted: NDArray[np.float64], found: NDArray[np.float64], label: int) -> None:
        self.rows.append((wanted.ravel(), found.ravel(), label))

    def settle(self) -> None:
        wanted, found = (np.stack([row[place] for row in self.rows]) for place in (0, 1))
        tensor = self.sums.quantised
        low, high = ((edge - tensor.zero_point) * tensor.scale for edge in (-128, 127))
        crops, classes = wanted.shape
        knobs = np.column_stack([wanted.ravel(), np.tile(np.eye(classes), (crops, 1))])
        inside = ((found > low) & (found < high)).ravel()
        # With fewer values the fit would explain every error away.
        if inside.sum() > 2 * classes:
            fitted = np.linalg.lstsq(knobs[inside], found.ravel()[inside], rcond=None)[0]
            wanted = (knobs @ fitted).reshape(wanted.shape)
        for values, (_, answered, label) in zip(wanted, self.rows, strict=True):
            self.sums.add(values, answered, label)


def _layers(ops: Sequence[tflite.Op], sums: Sequence[_Sums]) -> tuple[LayerComparison, ...]:
    errors: dict[int, float] = {}
    found = []
    for op, one in zip(ops, sums, strict=True):
        before = max((errors.get(tensor.index, 0.0) for tensor in op.inputs), default=0.0)
        errors[one.quantised.index] = one.error
        name = tflite.short_name(one.quantised)
        found.append(LayerComparison(name, op.name, one.steps, one.error, one.error - before, one.clipped))
    return tuple(found)


def explain(layers: Sequence[LayerComparison], most: int = 12) -> str:
    """The layers that add most error, worst first, and what to try."""
    if not layers:
        return "the float and the int8 model have not the same layers, so they cannot be compared one by one"
    worst = sorted(layers, key=lambda layer: -layer.added)[:most]
    lines = [("layer", "operation", "error", "added", "steps", "clipped")]
    lines += [
        (one.name, one.op, f"{one.error:.4f}", f"{one.added:+.4f}", f"{one.steps:.2f}", f"{one.clipped:.2%}")
        for one in worst
    ]
    tried = [fill(f"- {hint}", room(), subsequent_indent="  ") for hint in hints(layers)]
    return "\n".join((table(lines), "", *tried))


def hints(layers: Sequence[LayerComparison]) -> tuple[str, ...]:
    """What to try, the likeliest help first."""
    worst = max(layers, key=lambda layer: layer.added)
    clipped = max(layers, key=lambda layer: layer.clipped)
    found = []
    if clipped.clipped > 0.01:
        found.append(
            f"{clipped.name} meets values beyond its range in {clipped.clipped:.1%} of a class: "
            "the representative set lacks such pictures; balance it, or raise representative.per_class"
        )
    if worst.op == "DEPTHWISE_CONV_2D":
        found.append(
            f"{worst.name} is depthwise: one channel with large weights costs all others their steps; "
            "train on with weight decay, or with relu6 behind it, so that the channels become alike"
        )
    elif worst.added > 0.1:
        found.append(
            f"{worst.name} adds most: look for outliers in its values, bound them (relu6), "
            "or train on for some epochs with noise on activations"
        )
    if layers[-1].error > 0.2 and worst.added < 0.1:
        found.append(
            "the error grows a little in every layer: a wider or shallower network bears 8 bits better"
        )
    return tuple(found) or ("every layer is near to what rounding alone costs; there is nothing to mend",)
