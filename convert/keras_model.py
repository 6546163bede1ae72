"""Opens a Keras classifier and says which part of the contract it breaks, if it does.

What shows in the network's shape is checked first, then its weights, then what it answers to
made-up crops. Whether it knows colours and labels in the contract's order shows on labelled faces only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import permutations
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle import golden
from edge.contract import INPUT_SIZES, INPUT_SIZES_WORDS, LABELS, TWO_LABELS
from edge.errors import GateError, ModelError
from training.classifier import stored
from training.classifier.inference import predict
from training.metrics import Shares, Truth

Pixels = NDArray[np.uint8]
Check = Callable[[Any], str]
"""What is wrong with a network, in words; empty where nothing is."""

PROBES = 32
"""Made-up crops of each kind that a network is asked about."""

CERTAIN = 0.999
"""A probability that a network without scaling gives whatever it sees: its logits are 255 times too large."""

ORDER_MIN_FACES = 60
"""Labelled faces at least, for an order of labels or colours to differ from chance."""

CLEARLY = 0.2
"""By how much another order must be better, in mean recall, and then reach `USEFUL`."""

USEFUL = 0.7

SCALINGS = ((1 / 255, 0.0, "0 to 1"), (1 / 127.5, -1.0, "-1 to 1"))
"""Factor, offset and name of the usual ways to scale pixels before a network gets them."""

_SCALE_INSIDE = "scale inside the network, with keras.layers.Rescaling as its first layer"


def open_network(file: Path) -> Any:
    """Opens a `.keras` or `.h5` file that keeps the contract as far as it shows without labelled faces.

    Raises:
        ModelError: It cannot be opened, or breaks the contract; the sentence says which part.
        GateError: Some of its weights are no numbers.
    """
    network = stored.load(file)
    _require(STRUCTURE, network, file)
    _require_numbers(network, file)
    # Last, since made-up crops can be shown only to a network of the right shape.
    _require((answers_are_probabilities, scaling_is_inside), network, file)
    return network


def _require(checks: Iterable[Check], network: Any, file: Path) -> None:
    for check in checks:
        if breach := check(network):
            raise ModelError(f"{file} breaks the contract: {breach}")


def one_picture_in(network: Any) -> str:
    """One input."""
    # A network written as a subclass has no inputs until it is called.
    if not getattr(network, "inputs", None):
        return "it does not say what it takes; build it with keras.Input((size, size, 3))"
    if (count := len(network.inputs)) == 1:
        return ""
    names = ", ".join(one.name for one in network.inputs)
    return f"it takes {count} inputs ({names}), the device gives one picture"


def one_answer_out(network: Any) -> str:
    """One output."""
    if (count := len(network.outputs)) == 1:
        return ""
    return f"it has {count} outputs, the device reads one"


def input_shape(network: Any) -> str:
    """A square of a size that the device can make, colours last, any number of pictures."""
    shape = tuple(network.inputs[0].shape)
    if len(shape) != 4:
        return f"its input has the shape {_shown(shape)}, asked for is (None, size, size, 3)"
    if shape[1] == 3 and shape[3] != 3:
        return f"its input {_shown(shape)} has the colours first, the device gives them last"
    if shape[3] != 3:
        return f"its input {_shown(shape)} has {shape[3]} channels, the device gives 3 (red, green, blue)"
    if shape[1] != shape[2] or shape[1] not in INPUT_SIZES:
        return (
            f"its input {_shown(shape)} must be a square whose side is {INPUT_SIZES_WORDS} px, "
            "and fixed: build the network with keras.Input((size, size, 3))"
        )
    if shape[0] is not None:
        return (
            f"its input {_shown(shape)} has a fixed batch of {shape[0]}; "
            "build the network with keras.Input((size, size, 3)), without batch_size"
        )
    return ""


def label_count(network: Any) -> str:
    """One probability for each label."""
    shape = tuple(network.outputs[0].shape)
    wanted = f"{len(LABELS)} labels ({', '.join(LABELS)}), or the first {len(TWO_LABELS)}"
    if len(shape) == 2 and shape[1] == 1:
        return f"it has a single output; end it with one for each of {wanted}, and softmax"
    if len(shape) != 2 or shape[1] not in (len(LABELS), len(TWO_LABELS)):
        return f"its output has the shape {_shown(shape)}, asked for is one probability for each of {wanted}"
    return ""


STRUCTURE: tuple[Check, ...] = (one_picture_in, one_answer_out, input_shape, label_count)


def _require_numbers(network: Any, file: Path) -> None:
    for weight in network.weights:
        bad = int((~np.isfinite(np.asarray(weight))).sum())
        if bad:
            raise GateError(
                f"{file}: {bad} of the weights in {weight.path} are no finite numbers; train it again"
            )


def answers_are_probabilities(network: Any) -> str:
    """Softmax at the end."""
    shares = predict(network, _probes(network))
    totals = shares.sum(axis=1)
    if not np.isfinite(shares).all():
        return "it answers with something that is no finite number"
    if (shares < -1e-3).any() or np.abs(totals - 1).max() > 1e-2:
        low, high = float(totals.min()), float(totals.max())
        return f"its answers add up to {low:.2f} to {high:.2f} and not to 1; end it with softmax"
    return ""


def scaling_is_inside(network: Any) -> str:
    """Scaling is part of the graph.

    A network that wants pixels from 0 to 1 is certain of everything when it gets 0 to 255, and looks
    at the picture when it gets what it wants. One that scales inside sees black in all that is scaled
    twice.
    """
    crops = _probes(network)
    if (predict(network, crops).max(axis=1) >= CERTAIN).mean() < 0.95:
        return ""
    for factor, offset, words in SCALINGS:
        shares = _scaled(network, crops, factor, offset)
        # It must also look at the pictures: one answer for all of them shows nothing.
        if (shares.max(axis=1) >= CERTAIN).mean() < 0.5 and shares.std(axis=0).max() > 0.01:
            return (
                f"its answers are certain for every picture with pixels of 0 to 255, and not for {words}; "
                f"{_SCALE_INSIDE}"
            )
    return ""


def require_order(network: Any, crops: Pixels, truth: Truth, name: str) -> None:
    """Insists that colours, labels and scaling are the contract's, as far as labelled faces can tell.

    Raises:
        ModelError: The network does much better when asked otherwise.
    """
    if len(truth) < ORDER_MIN_FACES:
        return
    here = _recall(shares := predict(network, crops), truth)
    bar = max(here + CLEARLY, USEFUL)
    if _recall(predict(network, np.ascontiguousarray(crops[..., ::-1])), truth) > bar:
        raise ModelError(f"{name} breaks the contract: it was trained on BGR pictures, the device gives RGB")
    for factor, offset, words in SCALINGS:
        if _recall(_scaled(network, crops, factor, offset), truth) > bar:
            raise ModelError(
                f"{name} breaks the contract: it was trained on pixels of {words}, "
                f"the device gives 0 to 255; {_SCALE_INSIDE}"
            )
    # The given order is among them and is never better than itself.
    for order in permutations(range(shares.shape[1])):
        if _recall(shares[:, order], truth) > bar:
            order_found = ", ".join(LABELS[order.index(place)].value for place in range(len(order)))
            raise ModelError(
                f"{name} breaks the contract: its outputs seem to be {order_found} in this order, "
                f"asked for is {', '.join(LABELS[: len(order)])}"
            )


def _recall(shares: Shares, truth: Truth) -> float:
    """Mean over the classes of the share of their faces that are found."""
    found = shares.argmax(axis=1)
    return float(np.mean([(found[truth == label] == label).mean() for label in np.unique(truth)]))


def _scaled(network: Any, crops: Pixels, factor: float, offset: float) -> Shares:
    """Probabilities of crops that are scaled beforehand."""
    pixels = crops.astype(np.float32) * np.float32(factor) + np.float32(offset)
    parts = np.array_split(pixels, -(-len(pixels) // 64))
    return np.concatenate([np.asarray(network(part, training=False)) for part in parts]).astype(np.float64)


def _probes(network: Any) -> Pixels:
    size = int(network.inputs[0].shape[1])
    kinds: tuple[golden.Kind, ...] = ("blobs", "face")
    return np.stack([golden.crop(kind, seed, size) for kind in kinds for seed in range(PROBES)])


def _shown(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(map(str, shape))})"
