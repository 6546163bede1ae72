"""Vector scaling: makes probabilities mean what they say, and undoes the mixture of training.

Training sees as many wrongly worn masks as it likes; doors do not. One factor and one shift per
class on the logits, fitted on validation faces, are folded into the network's last layer, so that
the device needs to know nothing of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from training.metrics import Shares, Truth

LOOSENESS = 1.0
"""Standard deviation of what is expected of the shifts beforehand: ten faces of a class must not move
them further than ten faces can justify."""

QUANTUM = 1 / 512
"""Half the step of an 8-bit probability: what it says where it says 0."""


@dataclass(frozen=True, slots=True)
class Scaling:
    """What is done to the logits: `factor * logit + shift`, one shift per class."""

    factor: float
    shifts: tuple[float, ...]

    def apply(self, shares: Shares) -> Shares:
        """Scaled probabilities (n, classes)."""
        return _softmax(self.factor * _logits(shares) + np.array(self.shifts))

    def as_json(self) -> dict[str, object]:
        """Plain values for `json.dumps`."""
        return asdict(self)


def fit(truth: Truth, shares: Shares) -> Scaling:
    """The factor and shifts under which the labels are the most likely, kept near 1 and 0.

    A class weighs as the square root of its number of faces, as in `metrics.tempered_loss`: by
    number alone the rare class would be given up for the sake of the others.

    Args:
        truth: (n,) labels of faces that the network was not trained on.
        shares: (n, classes) their probabilities.

    Source: Guo et al., "On Calibration of Modern Neural Networks", ICML 2017; ridge added.
    """
    logits, classes = _logits(shares), shares.shape[1]
    counts = np.bincount(truth, minlength=classes)
    weights = (1 / np.sqrt(np.maximum(counts, 1)))[truth]
    # A mean weight of 1 keeps the ridge as strong for any numbers of faces in the classes.
    weights *= len(truth) / weights.sum()

    def cost(knobs: NDArray[np.float64]) -> float:
        # The factor is sought as its logarithm: it stays positive, and the ridge draws it towards 1.
        scaled = _softmax(np.exp(knobs[0]) * logits + knobs[1:])
        likely = np.log(np.maximum(scaled[np.arange(len(truth)), truth], 1e-12))
        return float(-(weights * likely).sum() + (knobs**2).sum() / (2 * LOOSENESS**2))

    return _found(cost, classes)


def towards(wanted: Shares, found: Shares) -> Scaling:
    """The factor and shifts that bring answers as close as can be to others on the same faces.

    Args:
        wanted: (n, classes) probabilities of the model that is right by definition.
        found: (n, classes) of the one that strays from it.
    """
    logits = np.log(np.maximum(found, QUANTUM))

    def cost(knobs: NDArray[np.float64]) -> float:
        scaled = np.maximum(_softmax(np.exp(knobs[0]) * logits + knobs[1:]), 1e-12)
        return float(-(wanted * np.log(scaled)).sum() + (knobs**2).sum() / (2 * LOOSENESS**2))

    return _found(cost, found.shape[1])


def _found(cost: Callable[[NDArray[np.float64]], float], classes: int) -> Scaling:
    best = minimize(cost, np.zeros(classes + 1), method="BFGS").x
    # Softmax does not see what all shifts have in common, so it is taken out.
    return Scaling(float(np.exp(best[0])), tuple(float(shift) for shift in best[1:] - best[1:].mean()))


def _logits(shares: Shares) -> NDArray[np.float64]:
    return np.log(np.maximum(shares, 1e-12))


def _softmax(logits: NDArray[np.float64]) -> Shares:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
