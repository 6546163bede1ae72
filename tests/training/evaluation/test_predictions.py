"""Judged faces, pooled over folds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.contract import WITH_MASK
from edge.errors import ConfigError
from tests.support.predictions import evidence, sure
from training.evaluation.predictions import pool
from training.evaluation.results import evaluate
from training.evaluation.thresholds import load_limits


def test_pooling_refuses_a_face_that_was_judged_twice() -> None:
    """The same face in two folds would count twice."""
    part = evidence([0, 1], sure(0, 1))
    with pytest.raises(ConfigError, match="two folds"):
        pool([part, part])


def test_pooling_refuses_other_columns() -> None:
    """Folds that hold different models do not belong together."""
    with pytest.raises(ConfigError, match="different models"):
        pool([evidence([0], sure(0)), evidence([1], sure(1), fold=1, name="float")])


def test_the_thresholds_of_a_fold_come_from_the_others() -> None:
    """A bare face that is surely called masked raises the threshold of all folds but its own."""
    clean = [evidence([1, 0], sure(1, 0), fold=fold) for fold in (1, 2)]
    shares = np.vstack([sure(0, share=0.97), sure(0, share=0.99)])
    strict = load_limits().model_copy(update={"bare_called_masked": 0.0})
    pooled = pool([evidence([1, 0], shares, fold=0), *clean]).cross_thresholds(strict)
    masked_from = pooled.columns[0].thresholds[:, WITH_MASK]
    assert masked_from[:2].tolist() == [0.50001, 0.50001]
    assert (masked_from[2:] > 0.97).all()


def test_small_faces_have_no_say_in_thresholds() -> None:
    """Unless there are no others."""
    shares = sure(0, 1, 0, share=0.97)
    found = evidence([1, 1, 0], shares)
    everybody = np.ones(3, bool)
    strict = load_limits().model_copy(update={"bare_called_masked": 0.0})
    small = replace(found, px=np.array([12.0, 50.0, 50.0]))
    assert small.chosen_thresholds(small.columns[0], everybody, strict)[WITH_MASK] < 0.6
    tiny = replace(found, px=np.full(3, 12.0))
    assert tiny.chosen_thresholds(tiny.columns[0], everybody, strict)[WITH_MASK] > 0.97


def test_a_single_fold_has_no_thresholds() -> None:
    """Without other faces to choose on there are none, and no row that pretends some."""
    found = evidence([1, 0], sure(0, 0)).cross_thresholds()
    assert not found.columns[0].has_threshold
    assert found.columns[0].answers().tolist() == [0, 0]
    assert evaluate(found).main[0].strict is None


def test_columns_are_found_by_name() -> None:
    """A column that is not there is named."""
    found = evidence([0], sure(0))
    assert found.column("int8") is found.columns[0]
    with pytest.raises(ConfigError, match="no answers of float models"):
        found.column("float")
