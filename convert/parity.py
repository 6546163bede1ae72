"""How far the int8 model, run as on the device, is from the float model it was made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.types import GateError

Shares = NDArray[np.float64]
Measure = Callable[[Shares, Shares], float]


@dataclass(frozen=True, slots=True)
class Gate:
    """A measure and the worst value that passes; `floor` says which side is worse."""

    name: str
    measure: Measure
    limit: float
    floor: bool


def agreement(first: Shares, second: Shares) -> float:
    """Share of crops on which both name the same class."""
    return float((first.argmax(axis=1) == second.argmax(axis=1)).mean())


def mean_difference(first: Shares, second: Shares) -> float:
    """Mean over the crops of the largest difference of a probability."""
    return float(np.abs(first - second).max(axis=1).mean())


def bare_shift(first: Shares, second: Shares) -> float:
    """Mean absolute difference of the probability of `with_mask`, which decides the costliest error."""
    return float(np.abs(first[:, 0] - second[:, 0]).mean())


GATES = (
    Gate("agreement", agreement, 0.97, floor=True),
    Gate("mean_difference", mean_difference, 0.05, floor=False),
    Gate("bare_shift", bare_shift, 0.04, floor=False),
)


def check(reference: Shares, quantised: Shares, gates: tuple[Gate, ...] = GATES) -> dict[str, float]:
    """Measures parity and insists on it.

    Args:
        reference: (n, classes) probabilities of the float model.
        quantised: The same crops through the device's interpreter.
        gates: What must hold.

    Returns:
        Every measure by name.

    Raises:
        GateError: A measure is out of bounds or no number; all such measures are named.
    """
    found = {gate.name: gate.measure(reference, quantised) for gate in gates}
    # Negated comparisons, so that a value that is not a number fails.
    bad = [
        f"{gate.name} {found[gate.name]:.4f} (limit {gate.limit})"
        for gate in gates
        if not (found[gate.name] >= gate.limit if gate.floor else found[gate.name] <= gate.limit)
    ]
    if bad:
        raise GateError(
            f"the int8 model disagrees with the float model: {', '.join(bad)}; no bundle was written"
        )
    return found
