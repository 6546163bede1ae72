"""What growing shares are worth, on made-up predictions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge.errors import ConfigError
from tests.support.predictions import evidence, sure
from training.data.shares import TrainingShare
from training.evaluation import learning_curve
from training.evaluation.learning_curve import LearntShare, curve
from training.evaluation.report import charts

TRUTH = [0] * 20 + [1] * 20 + [2] * 20
POOR = [0] * 20 + [0] * 5 + [2] * 5 + [1] * 10 + [0] * 10 + [2] * 10
BETTER = [0] * 20 + [0] * 1 + [1] * 19 + [2] * 18 + [0] * 2


def learnt(name: str, faces: float, answers: list[int]) -> LearntShare:
    return LearntShare(TrainingShare.named(name), faces, evidence(TRUTH, sure(*answers)))


GROWING = curve([learnt("all", 5000, BETTER), learnt("1000", 1003.5, POOR)])
SOURCES = curve([learnt("without-stock", 700, POOR), learnt("all", 5000, BETTER)])


def test_a_share_is_compared_with_the_one_before() -> None:
    """The smallest has none; the interval of the change is of both shares drawn on the same groups."""
    small, whole = GROWING.sizes
    assert (small.share, small.base, whole.share, whole.base) == ("1000", "", "all", "1000")
    assert small.bare_called_masked.value == 0.25
    assert whole.bare_called_masked.value == 0.05
    assert small.bare_called_incorrect.value == 0.25
    assert whole.incorrect_recall.value == 0.9
    assert whole.change.value == pytest.approx(whole.macro_f1.value - small.macro_f1.value)
    assert 0 < whole.change.low < whole.change.value < whole.change.high


def test_without_a_source_is_compared_with_all() -> None:
    """And stands apart from the sizes."""
    assert [one.share for one in SOURCES.sizes] == ["all"]
    (without,) = SOURCES.sources
    assert (without.share, without.base) == ("without-stock", "all")
    assert without.change.high < 0


@pytest.mark.parametrize("found", [GROWING, SOURCES])
def test_the_tables_fit_into_80_columns(found: learning_curve.LearningCurve) -> None:
    """With every figure and its interval."""
    lines = learning_curve.text(found).splitlines()
    assert max(map(len, lines)) <= 80
    assert any("0.050" in line or "5.0 %" in line for line in lines)


def test_json_has_null_for_what_is_not_known() -> None:
    """Nothing was before the first share."""
    first = json.loads(json.dumps(GROWING.as_json(), allow_nan=False))["sizes"][0]
    assert first["change"] == {"value": None, "low": None, "high": None}
    assert first["faces"] == 1003.5


def test_the_chart_shows_sizes_or_sources() -> None:
    """One picture, with the shares in it."""
    by_size, by_source = charts.learning_curve(GROWING), charts.learning_curve(SOURCES)
    assert "5000" in by_size
    assert "faces to train on" in by_size
    assert "without-stock" in by_source


def test_a_folder_without_a_curve(tmp_path: Path) -> None:
    """The sentence says what makes one."""
    with pytest.raises(ConfigError, match="holds no learning curve; make it with maskgate-train"):
        learning_curve.read(tmp_path)
