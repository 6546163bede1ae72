"""Intervals by resampling groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from tests.support.predictions import sure
from training.evaluation.intervals import _resampled_auc, difference, draws, estimates, resampled_confusions
from training.metrics import calibration_error


def random_faces(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, count)
    shares = rng.dirichlet([1, 1, 1], count) + 0.4 * np.eye(3)[truth]
    return truth, shares / shares.sum(axis=1, keepdims=True)


def test_the_same_faces_give_the_same_interval() -> None:
    """Intervals are seeded: twice the same call, twice the same bounds."""
    truth, shares = random_faces(80, 0)
    assert estimates(truth, shares, np.arange(80)) == estimates(truth, shares, np.arange(80))


def test_intervals_hold_the_figure() -> None:
    """Accuracy and macro-F1 of faces that are partly wrong lie within proper intervals."""
    truth, shares = random_faces(200, 1)
    found = estimates(truth, shares, np.arange(200))
    for one in (found.accuracy, found.macro_f1, found.classes[2].recall, found.classes[0].roc_auc):
        assert 0 < one.low < one.value < one.high < 1


def test_copies_in_a_group_are_no_evidence() -> None:
    """Each face ten times in one group gives the interval of the single faces; as own groups a narrow one."""
    truth, shares = random_faces(60, 2)
    many_truth, many_shares = np.repeat(truth, 10), np.repeat(shares, 10, axis=0)
    single = estimates(truth, shares, np.arange(60)).accuracy
    grouped = estimates(many_truth, many_shares, np.repeat(np.arange(60), 10)).accuracy
    pretended = estimates(many_truth, many_shares, np.arange(600)).accuracy
    assert (grouped.low, grouped.high) == pytest.approx((single.low, single.high))
    assert pretended.high - pretended.low < 0.5 * (grouped.high - grouped.low)


@pytest.mark.parametrize(("faces", "bound"), [(55, 0.065), (400, 0.0092)])
def test_no_error_seen_is_not_no_error(faces: int, bound: float) -> None:
    """Where no bare face is called masked, the upper bound is the exact binomial one."""
    found = estimates(np.full(faces, 1), sure(*[1] * faces), np.arange(faces)).bare_called_masked
    assert found.value == 0
    assert found.low == 0
    assert found.high == pytest.approx(bound, rel=0.01)


def test_what_cannot_be_said_is_no_number() -> None:
    """A class without faces has neither recall nor an interval."""
    recall = estimates(np.array([0, 1]), sure(0, 1), np.arange(2)).classes[2].recall
    assert math.isnan(recall.value)
    assert math.isnan(recall.low)


def test_a_round_draws_as_many_groups_as_there_are() -> None:
    """Every round draws the number of groups, and all faces of a group come along."""
    counts, column = draws(np.array([5, 5, 9, 7]), rounds=50)
    assert (counts.sum(axis=1) == 3).all()
    truth = np.array([0, 0, 1, 2])
    tables = resampled_confusions(truth, truth, counts, column)
    assert (tables[:, 0, 0] == 2 * counts[:, 0]).all()


@settings(max_examples=30)
@given(st.integers(0, 10_000))
def test_resampled_area_is_the_usual_one(seed: int) -> None:
    """With weights and ties the area under the ROC curve is that of scikit-learn."""
    rng = np.random.default_rng(seed)
    belongs = np.r_[True, False, rng.random(30) < 0.4]
    scores = rng.integers(0, 8, 32) / 8
    weights = np.vstack([np.ones(32), rng.integers(0, 4, 32)])
    weights[:, :2] = 1
    expected = [roc_auc_score(belongs, scores, sample_weight=row) for row in weights]
    assert _resampled_auc(belongs, scores, weights) == pytest.approx(expected)


def test_a_difference_is_drawn_in_pairs() -> None:
    """A model against itself differs by nothing in every round; a better one by the difference of both."""
    truth, shares = random_faces(150, 4)
    answer = shares.argmax(axis=1)
    same = difference(truth, answer, answer, np.arange(150))
    assert (same.value, same.low, same.high) == (0, 0, 0)
    better = np.where(np.arange(150) < 75, truth, answer)
    found = difference(truth, answer, better, np.arange(150))
    expected = [estimates(truth, sure(*said), np.arange(150)).macro_f1.value for said in (answer, better)]
    assert found.value == pytest.approx(expected[1] - expected[0])
    assert 0 < found.low < found.value < found.high


def test_resampled_calibration_error_is_the_usual_one() -> None:
    """The figure itself is that of `metrics`, and lies near its resampled values."""
    truth, shares = random_faces(300, 3)
    found = estimates(truth, shares, np.arange(300)).calibration_error
    assert found.value == pytest.approx(calibration_error(truth, shares))
    assert found.low < found.high < 1
