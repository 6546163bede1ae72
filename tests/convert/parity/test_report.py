"""The gate between the float model and the int8 model."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from convert.gates import GateLimits
from convert.parity.metrics import MEASURES, Comparison
from convert.parity.report import measure
from edge.errors import GateError
from tests.support.comparisons import LAYER, LIMITS, SAME, SHARES


def rounded(**changes: object) -> Comparison:
    """Probabilities beside the same rounded to 8 bits."""
    return replace(SAME, **{"quantised": np.round(SHARES * 256) / 256, **changes})


def test_rounding_passes() -> None:
    """Probabilities rounded to 8 bits pass, and the report says so."""
    report = measure(rounded(), LIMITS)
    report.insist()
    assert report.as_json()["passed"]
    assert [one.crops for one in report.flips] == [100, 100, 100]


@pytest.mark.parametrize("name", [one.name for one in MEASURES])
def test_each_limit_stops_by_itself(name: str) -> None:
    """Whatever measure is out of bounds is named, and no other."""
    other = SHARES.copy()
    other[::6] = np.roll(other[::6], 1, axis=1)
    found = Comparison(SHARES.argmax(axis=1), SHARES, other, (replace(LAYER, clipped=0.2),), (200, 100, 1))
    bound = 0.999999 if name in ("agreement", "balance") else 1e-6
    with pytest.raises(GateError, match=rf": {name} [\d.]+ \(limit [\d.e-]+\)$"):
        measure(found, GateLimits(**{name: bound})).insist()


@pytest.mark.parametrize("bad", [math.nan, math.inf])
@pytest.mark.parametrize("which", ["reference", "quantised"])
def test_what_is_no_number_does_not_pass(bad: float, which: str) -> None:
    """Not even where nothing is insisted on."""
    shares = SHARES.copy()
    shares[3, 0] = bad
    with pytest.raises(GateError, match=r"nan|inf"):
        measure(rounded(**{which: shares}), GateLimits()).insist()


def test_layers_that_cannot_be_paired_do_not_pass() -> None:
    """Nobody knows then whether the ranges fit."""
    with pytest.raises(GateError, match="clipped nan"):
        measure(rounded(layers=()), GateLimits()).insist()


@pytest.mark.parametrize(
    ("counts", "value"), [((), "nan"), ((72, 72, 0), "0.0000"), ((200, 10, 2), "0.0283")]
)
def test_an_unbalanced_representative_set_does_not_pass(counts: tuple[int, ...], value: str) -> None:
    """Nor one of which nobody tells."""
    with pytest.raises(GateError, match=rf": balance {value} \(limit 0\.25\)"):
        measure(rounded(counts=counts), LIMITS).insist()


def test_a_missing_class_does_not_pass() -> None:
    """It is named."""
    two = rounded(truth=np.arange(300) % 2)
    with pytest.raises(GateError, match="hold none of mask_worn_incorrectly"):
        measure(two, LIMITS)
