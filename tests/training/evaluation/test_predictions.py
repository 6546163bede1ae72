"""Judged faces, pooled over folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.errors import ConfigError
from tests.support.predictions import evidence, sure
from training.evaluation.curves import masked_threshold
from training.evaluation.predictions import pool
from training.evaluation.results import evaluate


def test_pooling_refuses_a_face_that_was_judged_twice() -> None:
    """The same face in two folds would count twice."""
    part = evidence([0, 1], sure(0, 1))
    with pytest.raises(ConfigError, match="two folds"):
        pool([part, part])


def test_pooling_refuses_other_columns() -> None:
    """Folds that hold different models do not belong together."""
    with pytest.raises(ConfigError, match="different models"):
        pool([evidence([0], sure(0)), evidence([1], sure(1), fold=1, name="float")])


def test_the_threshold_of_a_fold_comes_from_the_others() -> None:
    """A bare face that is surely called masked raises the threshold of all folds but its own."""
    clean = [evidence([1, 0], sure(1, 0), fold=fold) for fold in (1, 2)]
    shares = np.vstack([sure(0, share=0.97), sure(0, share=0.99)])
    pooled = pool([evidence([1, 0], shares, fold=0), *clean]).cross_thresholds()
    found = pooled.columns[0].thresholds
    assert found[:2].tolist() == [0, 0]
    assert (found[2:] > 0.97).all()
    assert masked_threshold(pooled.truth, pooled.columns[0].shares) > 0.97


def test_the_threshold_holds_in_every_source() -> None:
    """A thousand easy bare faces of one source do not pay for the only one of another that errs."""
    shares = np.vstack([sure(*[1] * 1000), sure(0, share=0.97)])
    found = replace(evidence([1] * 1001, shares), sources=np.array(["folder"] * 1000 + ["frame"]))
    everywhere = found.masked_from(found.columns[0], np.ones(1001, bool))
    assert masked_threshold(found.truth, shares) == 0
    assert everywhere > 0.97


def test_a_single_fold_has_no_threshold() -> None:
    """Without other faces to choose on there is no threshold, and no row that pretends one."""
    found = evidence([1, 0], sure(0, 0)).cross_thresholds()
    assert not found.columns[0].has_threshold
    assert evaluate(found).main[0].strict is None
