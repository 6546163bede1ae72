"""Measures of the difference between two models."""

from __future__ import annotations

import numpy as np
import pytest

from convert.gates import GateLimits
from convert.parity import metrics
from convert.parity.metrics import MEASURES, Comparison
from convert.parity.report import measure
from tests.support.comparisons import LIMITS, SAME


def test_every_measure_has_a_limit_by_its_name() -> None:
    """So that none is forgotten in the file of gates, nor in the model of it."""
    assert [one.name for one in MEASURES] == list(GateLimits.model_fields)
    assert all(limit is not None for limit in LIMITS.model_dump().values())


def test_what_is_the_same_is_perfect() -> None:
    """No measure finds a difference where there is none."""
    values = {one.name: one.value for one in measure(SAME, LIMITS).readings}
    assert (values.pop("agreement"), values.pop("balance")) == (1, 1)
    assert values == dict.fromkeys(values, 0.0)


def test_one_flip_in_a_class_is_chance() -> None:
    """Two are counted as one."""
    truth = np.repeat(np.arange(3), 10)
    reference = np.eye(3)[truth]
    once, twice = reference.copy(), reference.copy()
    once[:1], twice[:2] = (0, 1, 0), (0, 1, 0)
    assert metrics.class_flips(Comparison(truth, reference, once)) == 0
    assert metrics.class_flips(Comparison(truth, reference, twice)) == pytest.approx(0.1)
