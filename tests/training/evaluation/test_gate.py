"""The gate between an old and a new model."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import GateError
from tests.support.predictions import evidence, sure
from training.commands.gate import insist
from training.evaluation.gate import Gate, gate
from training.evaluation.predictions import Predictions

TRUTH = [0] * 40 + [1] * 40 + [2] * 20


def answers(**wrong: tuple[int, int]) -> np.ndarray:
    """What is right, but for the first `count` faces of a class, which get another answer."""
    said = np.array(TRUTH)
    for name, (count, answer) in wrong.items():
        first = {"masked": 0, "bare": 40, "worn": 80}[name]
        said[first : first + count] = answer
    return sure(*said)


def judged(old: np.ndarray, new: np.ndarray) -> Gate:
    both: Predictions = evidence(TRUTH, old, name="old")
    second = replace(both.columns[0], name="new", shares=new)
    return gate(replace(both, columns=(*both.columns, second)))


def test_a_better_model_passes() -> None:
    """Fewer errors in every class: promoted."""
    found = judged(answers(masked=(4, 1), worn=(4, 0)), answers(masked=(2, 1), worn=(2, 0)))
    assert found.passed
    assert not found.weaker
    insist(found, Path("new"))


def test_the_same_model_does_not_beat_itself() -> None:
    """Equal is not better: the macro-F1 must be higher."""
    same = answers(masked=(4, 1))
    assert not judged(same, same).passed


def test_a_class_may_not_pay_for_the_others() -> None:
    """A higher macro-F1 does not make up for a class that falls below the old one's interval."""
    found = judged(answers(worn=(2, 1), masked=(18, 2)), answers(worn=(12, 1)))
    assert [check.name for check in found.checks if not check.held] == ["F1 of without_mask"]
    assert found.checks[0].new.value > found.checks[0].old.value
    assert not found.passed


def test_the_costliest_error_is_checked_by_itself() -> None:
    """More bare faces called masked than the old one's interval allows is a failure that is named."""
    found = judged(answers(worn=(15, 1), masked=(5, 1)), answers(bare=(6, 0)))
    assert not found.passed
    with pytest.raises(GateError, match=r"new is not promoted: bare faces called masked is 0\.1500"):
        insist(found, Path("new"))


def test_a_face_without_an_answer_counts_as_wrong() -> None:
    """A model that answers at its thresholds may fail by them; the share is stated."""
    both = evidence(TRUTH, answers(masked=(4, 1)), name="old")
    second = replace(both.columns[0], name="new", shares=answers(masked=(2, 1)))
    pair = replace(both, columns=(*both.columns, second))
    assert gate(pair).passed
    never_bare = gate(pair.with_thresholds([(0.5, 0.5, 0.5), (0.5, 0.99, 0.5)]))
    assert not never_bare.passed
    assert [one.value for one in never_bare.unanswered] == [0.0, 0.42]
    assert "without an answer" in never_bare.text()
    assert never_bare.as_json()["unanswered"][1]["value"] == 0.42


def test_where_it_got_weaker_is_told() -> None:
    """A slice in which the new model falls below the old one's interval stands in table and JSON."""
    new = answers()
    small = np.arange(100) % 2 == 0
    new[small & (np.arange(100) < 40)] = sure(2)[0]
    both = replace(evidence(TRUTH, answers(masked=(6, 1)), name="old"), px=np.where(small, 25.0, 90.0))
    found = gate(replace(both, columns=(both.columns[0], replace(both.columns[0], name="new", shares=new))))
    assert [one.name for one in found.weaker] == ["face size, 20 to 31 px"]
    assert "face size, 20 to 31 px" in found.text()
    assert json.dumps(found.as_json(), allow_nan=False)
