"""The gate between the float model and the int8 model."""

from __future__ import annotations

import math

import numpy as np
import pytest

from convert.parity import check
from edge.types import GateError

RNG = np.random.default_rng(0)
SHARES = RNG.dirichlet((0.2, 0.2, 0.2), 200)


def test_rounding_passes() -> None:
    """Probabilities rounded to 8 bits pass, and every measure is told."""
    found = check(SHARES, np.round(SHARES * 256) / 256)
    assert set(found) == {"agreement", "mean_difference", "bare_shift"}
    assert found["mean_difference"] < 0.01


def test_another_answer_does_not_pass() -> None:
    """A model that answers otherwise on every twentieth crop is refused, by the name of the measure."""
    other = SHARES.copy()
    other[::20] = np.roll(other[::20], 1, axis=1)
    with pytest.raises(GateError, match=r"agreement 0\.9"):
        check(SHARES, other)


def test_not_a_number_does_not_pass() -> None:
    """A probability that is not a number never passes."""
    other = SHARES.copy()
    other[3, 0] = math.nan
    with pytest.raises(GateError, match="nan"):
        check(SHARES, other)
