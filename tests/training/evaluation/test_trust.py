"""From which face size on answers can be trusted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.support.predictions import evidence, sure
from training.evaluation.trust import AnswerTrust, trust


def judged(*bins: tuple[float, int, int]) -> AnswerTrust:
    """What `without_mask` is worth, of faces of so many px, so many of which are bare, so many masked."""
    px = [side for side, right, wrong in bins for _ in range(right + wrong)]
    truth = [label for _, right, wrong in bins for label in [1] * right + [0] * wrong]
    found = replace(evidence(truth, sure(*[1] * len(truth))), px=np.array(px))
    return trust(found)[1]


def test_an_answer_is_trusted_from_the_size_from_which_it_is_right() -> None:
    """Nine of ten in every bin, down to the first in which it is not."""
    found = judged((100, 40, 0), (50, 36, 4), (30, 30, 10), (21, 40, 0))
    assert found.trusted_from == 48
    assert [(one.low, one.answers, one.right) for one in found.bins if one.answers] == [
        (20, 40, 40), (24, 40, 30), (48, 40, 36), (96, 40, 40),
    ]  # fmt: skip


def test_a_few_answers_say_nothing() -> None:
    """They count with those of the next smaller faces; alone they are no reason for trust."""
    assert judged((100, 5, 0), (50, 18, 0), (30, 2, 3)).trusted_from == 48
    assert judged((100, 5, 0)).trusted_from is None


def test_an_answer_that_is_nowhere_right() -> None:
    """It has no size."""
    assert judged((100, 10, 30), (30, 40, 0)).trusted_from is None


def test_every_answer_of_every_model_is_judged() -> None:
    """One after another."""
    both = evidence([0, 1], sure(0, 1))
    both = replace(both, columns=(both.columns[0], replace(both.columns[0], name="float")))
    assert [(one.model, one.label) for one in trust(both)][2:4] == [
        ("int8", "mask_worn_incorrectly"), ("float", "with_mask"),
    ]  # fmt: skip
