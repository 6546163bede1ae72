"""How far an int8 model, run as on the device, is from the float model it was made of.

Each measure is a small pure function of what both predict; its name is that of its limit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from convert.parity.layers import LayerComparison
from training.evaluation.predictions import padded
from training.metrics import Shares, Truth, figures

QUANTUM = 1 / 512
"""Half the step of an 8-bit probability: what it says where it says 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """What both models predict for the same crops.

    Attributes:
        truth: (n,) labels.
        reference: (n, classes) probabilities of the float model.
        quantised: The same crops through the device's classifier.
        layers: How far each layer strays, on some of the crops.
        counts: Crops of each class in the representative set; empty where that is unknown.
    """

    truth: Truth
    reference: Shares
    quantised: Shares
    layers: tuple[LayerComparison, ...] = ()
    counts: tuple[float, ...] = ()

    @property
    def differences(self) -> Shares:
        """(n,) the largest difference of a probability."""
        return np.asarray(np.abs(self.reference - self.quantised).max(axis=1))

    @property
    def flipped(self) -> NDArray[np.bool_]:
        """(n,) whether the label is another."""
        return np.asarray(self.reference.argmax(axis=1) != self.quantised.argmax(axis=1))


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure of a comparison; `floor` says that less is worse."""

    name: str
    of: Callable[[Comparison], float]
    floor: bool


MEASURES: list[Measure] = []


def _measure(
    *, floor: bool = False
) -> Callable[[Callable[[Comparison], float]], Callable[[Comparison], float]]:
    def register(function: Callable[[Comparison], float]) -> Callable[[Comparison], float]:
        MEASURES.append(Measure(function.__name__, function, floor))
        return function

    return register


@_measure(floor=True)
def agreement(found: Comparison) -> float:
    """Share of crops on which both name the same class."""
    return float(1 - found.flipped.mean())


@_measure()
def class_flips(found: Comparison) -> float:
    """Share of crops that get another label, in the class where it is largest.

    One flip in a class is not counted: in a class of ten faces it would be a tenth, and is chance.
    """
    shares = [
        max(0, int(found.flipped[found.truth == label].sum()) - 1) / int((found.truth == label).sum())
        for label in np.unique(found.truth)
    ]
    return max(shares)


@_measure()
def mean_difference(found: Comparison) -> float:
    """Mean over the crops of the largest difference of a probability."""
    return float(found.differences.mean())


@_measure()
def largest_difference(found: Comparison) -> float:
    """The largest difference of a probability on any crop."""
    return float(found.differences.max())


@_measure()
def bare_shift(found: Comparison) -> float:
    """Mean absolute difference of the probability of `with_mask`, which decides the costliest error."""
    return float(np.abs(found.reference[:, 0] - found.quantised[:, 0]).mean())


@_measure()
def kl(found: Comparison) -> float:
    """Mean Kullback-Leibler divergence of the int8 answers from the float answers, in nats.

    Both are held above half a step of an 8-bit probability, since int8 answers hold true zeros.
    """
    p, q = (np.maximum(shares, QUANTUM) for shares in (found.reference, found.quantised))
    p, q = p / p.sum(axis=1, keepdims=True), q / q.sum(axis=1, keepdims=True)
    return float((p * np.log(p / q)).sum(axis=1).mean())


@_measure()
def macro_f1_loss(found: Comparison) -> float:
    """What the int8 model's macro-F1 is below the float model's; below zero where it is the better one."""
    return macro_f1(found.truth, found.reference) - macro_f1(found.truth, found.quantised)


@_measure()
def clipped(found: Comparison) -> float:
    """Share of values that lie beyond the int8 range, in the layer and class where it is largest.

    The worst crop of each class is let pass.
    It reveals a representative set of other pictures than doors show, long before labels change.
    Not a number where the layers of the two models could not be paired.
    """
    return max((layer.clipped for layer in found.layers), default=float("nan"))


@_measure(floor=True)
def balance(found: Comparison) -> float:
    """Crops of the smallest class of the representative set, as a share of what an even set would have.

    It is counted, since ranges may fit by luck on these faces. Not a number where that is unknown.
    """
    total = sum(found.counts)
    return min(found.counts) * len(found.counts) / total if total else float("nan")


def macro_f1(truth: Truth, shares: Shares) -> float:
    """Mean F1 of the classes; not a number where a probability is none."""
    return figures(truth, padded(shares)).macro_f1 if np.isfinite(shares).all() else float("nan")
