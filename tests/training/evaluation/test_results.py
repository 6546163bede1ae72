"""The figures of every slice and model, as text and as JSON."""

from __future__ import annotations

from dataclasses import replace

from tests.support.predictions import evidence, sure
from training.evaluation.results import evaluate, text


def test_the_text_names_every_slice_and_model() -> None:
    """Both columns of a small example stand in the table, with counts of the costly error."""
    both = evidence([1, 1, 0, 2], sure(1, 0, 0, 2))
    second = replace(both.columns[0], name="float")
    judged = evaluate(replace(both, columns=(both.columns[0], second)))
    found = text(judged)
    assert judged.changes[0].models == ("float", "int8")
    assert "from float to int8" in found
    assert "float" in found
    assert "int8" in found
    assert "1 of 2" in found
    assert "mask_worn_incorrectly" in found


def test_json_holds_no_special_numbers() -> None:
    """What cannot be measured is null, so that every parser reads it."""
    found = evaluate(evidence([0, 0], sure(0, 0))).as_json()
    assert found["main"][0]["plain"]["bare_called_masked"]["value"] is None
    assert found["main"][0]["thresholds"] == [None] * 3
