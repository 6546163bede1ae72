"""Fixtures of the report's tests."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.predictions import evidence, sure
from training.evaluation.predictions import Predictions


@pytest.fixture(scope="module")
def judged() -> Predictions:
    """Sixty faces, a few of them wrong, by two models."""
    rng = np.random.default_rng(0)
    truth = rng.integers(0, 3, 60)
    answers = np.where(rng.random(60) < 0.2, rng.integers(0, 3, 60), truth)
    found = evidence(truth.tolist(), sure(*answers, share=0.8))
    second = replace(found.columns[0], name="float", shares=sure(*truth))
    return replace(found, columns=(*found.columns, second)).with_thresholds(
        [(0.5, 0.4, 0.7), (0.0, 0.0, 0.0)]
    )
