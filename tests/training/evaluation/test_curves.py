"""Curves and operating points."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from edge.contract import WITH_MASK, WITHOUT_MASK, answer
from tests.support.predictions import sure
from training.evaluation.curves import answers, masked_threshold, precision_recall, reliability, roc

SHARES = arrays.arrays(
    np.float64, st.tuples(st.integers(1, 60), st.just(3)), elements=st.floats(0.01, 1)
).map(lambda raw: raw / raw.sum(axis=1, keepdims=True))


@given(SHARES, st.sampled_from([0.0, 0.005, 0.1, 0.5]))
def test_the_threshold_holds_the_share(shares: np.ndarray, most: float) -> None:
    """At the chosen threshold no more bare faces than allowed are called masked, and one less would do so."""
    truth = np.full(len(shares), WITHOUT_MASK)
    chosen = masked_threshold(truth, shares, most)
    assert (answers(shares, chosen) == WITH_MASK).mean() <= most
    if chosen:
        assert (answers(shares, np.nextafter(chosen, 0)) == WITH_MASK).sum() > int(most * len(shares))


def test_no_threshold_where_none_is_needed() -> None:
    """Where no bare face is called masked the likeliest class alone will do."""
    assert masked_threshold(np.array([1, 1, 0]), sure(1, 2, 0)) == 0


@given(SHARES)
def test_without_threshold_the_likeliest_class_is_the_answer(shares: np.ndarray) -> None:
    """A threshold of zero changes no answer; one above one never says masked and keeps all other answers."""
    likeliest = shares.argmax(axis=1)
    assert (answers(shares) == likeliest).all()
    never = answers(shares, 1.5)
    assert (never != WITH_MASK).all()
    assert (never[likeliest != WITH_MASK] == likeliest[likeliest != WITH_MASK]).all()


def test_thresholds_of_their_own() -> None:
    """Each face may have its own threshold; the next likeliest class takes over below it."""
    shares = np.array([[0.6, 0.1, 0.3], [0.6, 0.1, 0.3]])
    assert answers(shares, np.array([0.5, 0.7])).tolist() == [0, 2]


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


@given(SHARES, st.floats(0, 1))
def test_faces_are_judged_as_the_device_calls_them(shares: np.ndarray, threshold: float) -> None:
    """The figures hold for the device because both apply the threshold alike."""
    called = [answer((float(a), float(b), float(c)), threshold) for a, b, c in shares]
    assert answers(shares, threshold).tolist() == called
