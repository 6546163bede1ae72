"""The folder of folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.contract import Label
from edge.errors import ConfigError
from tests.support.predictions import evidence, sure
from training.data.notes import Notes, PictureNote
from training.evaluation import fold_results


def test_predictions_come_back_from_their_file(tmp_path: Path) -> None:
    """What a fold writes is what the pooled evidence holds."""
    for fold in range(2):
        (tmp_path / f"fold-{fold}").mkdir()
        fold_results.save(
            evidence([0, 1, 2], sure(0, 1, 0), fold=fold), tmp_path / f"fold-{fold}/predictions.npz"
        )
    found = fold_results.load(tmp_path)
    assert found.truth.tolist() == [0, 1, 2, 0, 1, 2]
    assert found.columns[0].name == "int8"
    assert found.columns[0].shares == pytest.approx(np.tile(sure(0, 1, 0), (2, 1)))
    assert found.folds.tolist() == [0, 0, 0, 1, 1, 1]


def test_damaged_predictions_are_named(tmp_path: Path) -> None:
    """A file that was cut off ends in a sentence that names it."""
    (tmp_path / "predictions.npz").write_bytes(b"PK\x03\x04 cut off")
    with pytest.raises(ConfigError, match="is damaged or of another version"):
        fold_results.load(tmp_path)


def test_a_folder_without_folds(tmp_path: Path) -> None:
    """An empty folder is said to be empty."""
    with pytest.raises(ConfigError, match="holds no predictions"):
        fold_results.load(tmp_path)


def test_notes_made_since_correct_what_was_judged() -> None:
    """A label takes the place of the one before, a flag leaves a face out; what was predicted stays."""
    said = Notes(
        (
            PictureNote("f", "0-0", label=Label.WITHOUT_MASK),
            PictureNote("f", "0-2.png", flag="doubt", face="0"),
        )
    )
    before = evidence([0, 1, 2, 2], sure(0, 1, 0, 2))
    after = fold_results.noted(before, said)
    assert after.keys == ("frame/f/0-0.png#0", "frame/f/0-1.png#0", "frame/f/0-3.png#0")
    assert after.truth.tolist() == [1, 1, 2]
    assert after.columns[0].shares == pytest.approx(before.columns[0].shares[[0, 1, 3]])
