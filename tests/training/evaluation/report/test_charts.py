"""Charts of a report."""

from __future__ import annotations

import numpy as np

from tests.support.predictions import evidence, sure
from training.evaluation.report import charts

TRUTH = [0, 0, 1, 1, 2, 2]
FOUND = evidence(TRUTH, sure(0, 0, 1, 0, 2, 2))


def test_charts_are_pictures_that_need_nothing_else() -> None:
    """SVG text, with the names of models and classes in it."""
    drawn = charts.calibration(FOUND)
    ranked = charts.ranking(FOUND.truth, FOUND.columns[0])
    assert all("<svg" in one and "</svg>" in one for one in (drawn, ranked))
    assert "int8" in drawn
    assert all(word in ranked for word in charts.WORDS)


def test_a_class_that_is_not_there_has_no_curve() -> None:
    """The others are drawn."""
    two = evidence([0, 0, 1, 1], sure(0, 0, 1, 0))
    ranked = charts.ranking(two.truth, two.columns[0])
    assert charts.WORDS[0] in ranked
    assert charts.WORDS[2] not in ranked


def test_the_same_figures_give_the_same_chart() -> None:
    """So that a report can be compared with the one before it."""
    shares = np.asarray(FOUND.columns[0].shares)
    assert charts.trade(FOUND.truth, shares, 0.6) == charts.trade(FOUND.truth, shares, 0.6)


def test_several_trainings_in_one_chart() -> None:
    """Each under its name; an epoch without a figure is left out."""
    rows = [{"epoch": 0, "loss": 1.0}, {"epoch": 1, "tempered_loss": 0.5, "macro_f1": 0.7}]
    drawn = charts.histories({"first-run": rows, "second-run": rows})
    assert all(word in drawn for word in ("first-run", "second-run", "validation macro-F1"))
