"""Figures that judge a classifier."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import f1_score

from training.metrics import NO_ANSWER, calibration_error, figures, tempered_loss


def sure(*answers: int) -> np.ndarray:
    """Probabilities of 0.9 for the given answers."""
    return np.full((len(answers), 3), 0.05) + 0.85 * np.eye(3)[list(answers)]


def test_counts_of_a_small_example() -> None:
    """Four bare faces, one of them called masked, and two masked ones."""
    found = figures(np.array([1, 1, 1, 1, 0, 0]), sure(1, 1, 1, 0, 0, 0))
    assert found.bare_called_masked == 0.25
    assert found.accuracy == pytest.approx(5 / 6)
    assert found.classes[0].precision == pytest.approx(2 / 3)
    assert found.classes[1].recall == 0.75
    assert found.confusion == ((2, 0, 0, 0), (1, 3, 0, 0), (0, 0, 0, 0))


def test_a_class_that_does_not_occur() -> None:
    """A class without faces has no recall and does not count in the mean; the manifest leaves it out."""
    found = figures(np.array([0, 1]), sure(0, 1))
    assert math.isnan(found.classes[2].recall)
    assert found.macro_f1 == 1
    assert "recall_mask_worn_incorrectly" not in found.flat()
    json.dumps(found.flat(), allow_nan=False)


@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=3).filter(
        lambda p: {t for t, _ in p} == {0, 1, 2}
    )
)
def test_macro_f1_is_the_usual_one(pairs: list[tuple[int, int]]) -> None:
    """Where all classes occur, macro-F1 is that of scikit-learn."""
    truth, answers = (np.array(side) for side in zip(*pairs, strict=True))
    expected = f1_score(truth, answers, average="macro", labels=[0, 1, 2], zero_division=0.0)
    assert figures(truth, sure(*answers)).macro_f1 == pytest.approx(expected)


@pytest.mark.parametrize("shares", [np.empty((0, 3)), np.array([[math.nan, 0.5, 0.5]])])
def test_nothing_to_judge(shares: np.ndarray) -> None:
    """No face at all, or a probability that is no number, is refused and never scored."""
    with pytest.raises(ValueError, match="at least one face"):
        figures(np.zeros(len(shares), np.intp), shares)


def test_calibration_error() -> None:
    """Ten answers at 0.9, nine of them right, are calibrated; all of them wrong are 0.9 off."""
    shares = sure(*[0] * 10)
    assert calibration_error(np.array([0] * 9 + [1]), shares) == pytest.approx(0)
    assert calibration_error(np.array([1] * 10), shares) == pytest.approx(0.9)


def test_tempered_loss_weighs_by_square_root() -> None:
    """Nine faces of one class weigh three times as much as the only face of another."""
    truth = np.array([0] * 9 + [2])
    shares = sure(*[0] * 9, 0)
    assert tempered_loss(truth, shares) == pytest.approx((-3 * math.log(0.9) - math.log(0.05)) / 4)


def test_a_face_without_an_answer_is_wrong() -> None:
    """It lowers recall, accuracy and F1, and no precision."""
    truth = np.array([0, 0, 1, 1])
    found = figures(truth, sure(0, 0, 1, 1), np.array([0, NO_ANSWER, 1, 2]))
    assert found.confusion == ((1, 0, 0, 1), (0, 1, 1, 0), (0, 0, 0, 0))
    assert (found.accuracy, found.unanswered, found.bare_called_incorrect) == (0.5, 0.25, 0.5)
    assert (found.classes[0].precision, found.classes[0].recall) == (1.0, 0.5)
    assert found.macro_f1 == pytest.approx(2 / 3)
