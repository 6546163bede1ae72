"""The decision that a bundle carries."""

from __future__ import annotations

import json

import numpy as np
import pytest

from edge.contract import LABELS
from edge.errors import GateError
from tests.support.predictions import evidence, sure
from training.evaluation.decision import Decision, decide
from training.evaluation.predictions import pool
from training.evaluation.thresholds import load_limits

TRUTH = [0] * 20 + [1] * 20 + [2] * 20


def decision(*folds: np.ndarray) -> Decision:
    """Of folds that say these probabilities of twenty faces of each label."""
    limits = load_limits()
    found = pool([evidence(TRUTH, one, fold=at) for at, one in enumerate(folds)]).cross_thresholds(limits)
    return decide(found, found.columns[0], limits)


def test_a_good_model_needs_more_than_a_half() -> None:
    """Every limit holds on the faces chosen on and on the other folds."""
    found = decision(sure(*TRUTH), sure(*TRUTH))
    assert found.thresholds == (0.50001,) * 3
    assert all(one.held for one in (*found.chosen, *found.crossed))
    assert set(found.smallest_px) == set(LABELS)
    found.insist()


def test_what_the_limits_cost_stands_beside_them() -> None:
    """One fold's error costs answers of all, which the table and the JSON tell; the limits of errors hold."""
    wrong = sure(*TRUTH)
    wrong[20:24] = sure(0, share=0.95)[0]
    found = decision(sure(*TRUTH), wrong)
    assert found.thresholds[0] > 0.95
    broken = [one.limit for one in found.chosen if not one.held]
    assert broken == ["unanswered"]
    assert {one.limit for one in found.crossed if not one.held} == {"bare_called_masked", "unanswered"}
    with pytest.raises(
        GateError, match=r"no thresholds hold the limits: unanswered is 0\.\d+ on all, the limit"
    ):
        found.insist()
    assert "BROKEN" in found.text()
    rows = json.loads(json.dumps(found.as_json(), allow_nan=False))
    assert [row["held"] for row in rows["chosen"] if row["limit"] == "unanswered"] == [False]


def test_a_single_fold_has_no_other() -> None:
    """Its limits stand alone."""
    found = decision(sure(*TRUTH))
    assert found.crossed == ()
    assert "-" in found.text()
