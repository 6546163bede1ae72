"""Curves."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.predictions import sure
from training.evaluation.curves import precision_recall, reliability, roc


def test_reliability_bins() -> None:
    """Four faces at 0.85, three of them right, and one at 0.55 stand in two bins."""
    shares = np.vstack([sure(0, 0, 0, 0, share=0.85), sure(1, share=0.55)])
    low, high = reliability(np.array([0, 0, 0, 1, 1]), shares)
    assert (low.faces, low.right) == (1, 1.0)
    assert (high.faces, high.right) == (4, 0.75)
    assert high.confidence == pytest.approx(0.85)


def test_curves_of_a_perfect_ranking() -> None:
    """A perfect ranking reaches precision 1 at recall 1, and finds all before the first false alarm."""
    truth, shares = np.array([0, 0, 1, 1]), sure(0, 0, 1, 1)
    found, ranked = precision_recall(truth, shares, 0), roc(truth, shares, 0)
    assert found is not None
    assert ranked is not None
    assert found.y[found.x == 1].max() == 1
    assert ranked.y[ranked.x == 0].max() == 1


def test_no_curve_for_an_absent_class() -> None:
    """A class without faces has no curve."""
    assert roc(np.array([0, 1]), sure(0, 1), 2) is None
    assert precision_recall(np.array([0, 1]), sure(0, 1), 2) is None
