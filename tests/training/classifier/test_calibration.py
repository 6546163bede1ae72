"""Vector scaling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.classifier.calibration import Scaling, fit


def answers(seed: int, counts: tuple[int, ...], factor: float, shift: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels, and answers that are too sure by a factor and too fond of the last class by a shift."""
    rng = np.random.default_rng(seed)
    truth = np.repeat(np.arange(3), counts)
    logits = rng.normal(0, 1, (len(truth), 3))
    logits[np.arange(len(truth)), truth] += 1.5
    logits = factor * logits
    logits[:, 2] += shift
    powers = np.exp(logits)
    return truth, powers / powers.sum(axis=1, keepdims=True)


def loss(truth: np.ndarray, shares: np.ndarray) -> float:
    likely = -np.log(shares[np.arange(len(truth)), truth])
    return float(np.mean([likely[truth == label].mean() for label in range(3)]))


def test_a_network_that_is_too_sure_is_cooled() -> None:
    """Answers that are three times too sure are brought back to what the labels justify."""
    truth, shares = answers(1, (800, 800, 800), 3.0, 0.0)
    scaling = fit(truth, shares)
    assert scaling.factor == pytest.approx(1.5 / 3.0, rel=0.15)
    assert loss(truth, scaling.apply(shares)) < loss(truth, shares)


def test_a_class_that_is_named_too_often_is_held_back() -> None:
    """A network that was trained with too much of the rare class names it less often afterwards."""
    truth, shares = answers(2, (800, 400, 30), 1.0, 2.5)
    scaling = fit(truth, shares)
    assert scaling.shifts[2] < min(scaling.shifts[:2]) - 1
    after = scaling.apply(shares).argmax(axis=1)
    assert (after == truth).mean() > (shares.argmax(axis=1) == truth).mean()


def test_few_faces_move_little() -> None:
    """Two faces of a class, both called otherwise, do not make a network name nothing but that class."""
    truth = np.array([0] * 20 + [1] * 20 + [2] * 2)
    shares = np.full((42, 3), 0.01)
    shares[np.arange(42), np.minimum(truth, 1)] = 0.98
    assert (fit(truth, shares).apply(shares).argmax(axis=1)[:40] == truth[:40]).all()


@given(st.integers(0, 50), st.floats(0.3, 3), st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_scaled_answers_are_probabilities(seed: int, factor: float, shifts: list[float]) -> None:
    """Whatever is done to the logits, probabilities come out, and no scaling leaves them as they are."""
    _, shares = answers(seed, (4, 4, 4), 1.0, 0.0)
    np.testing.assert_allclose(Scaling(factor, tuple(shifts)).apply(shares).sum(axis=1), 1)
    np.testing.assert_allclose(Scaling(1.0, (0.0, 0.0, 0.0)).apply(shares), shares)
