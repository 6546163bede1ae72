"""Training: it learns, and it goes on where it stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigError
from tests.support.detector import stock
from training.detector import losses, onnx_export
from training.detector import trainer as detector_trainer
from training.detector.batches import batch
from training.detector.network import random_weights

RECIPE = detector_trainer.DetectorRecipe(
    steps=6, every=2, warm_up=2, rate=2e-3, shapes=((2, 64),), body=(16, 16, 16), refine=(1, 0, 0)
)


def test_training_lowers_the_loss() -> None:
    """After some steps on one batch its loss is clearly lower than before."""
    recipe = detector_trainer.DetectorRecipe(
        steps=60, warm_up=5, rate=5e-3, shapes=((4, 96),), body=(32, 32, 32)
    )
    trainer = detector_trainer.DetectorTrainer(recipe, random_weights(recipe.design, 0))
    one = batch(stock(), 0, 7, recipe.shapes)
    rows = np.array([trainer.train(one).numpy() for _ in range(60)])
    weighed = rows @ [losses.BOX, losses.MARKS, losses.SCORE, losses.FACE]
    assert np.isfinite(rows).all()
    assert weighed[-5:].mean() < 0.7 * weighed[:5].mean()


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    """Steps, averages and the optimizer's state go on from the checkpoint."""
    start = random_weights(RECIPE.design, 0)
    whole, parts = (detector_trainer.begin(tmp_path, name, RECIPE) for name in ("whole", "parts"))
    detector_trainer.train(whole, RECIPE, start, stock(), lambda _: None)
    rows: list[float] = []

    def kill(row: object) -> None:
        rows.append(row["step"])  # type: ignore[index]
        if len(rows) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        detector_trainer.train(parts, RECIPE, start, stock(), kill)
    run, recipe = detector_trainer.reopen(parts.folder)
    detector_trainer.train(run, recipe, random_weights(RECIPE.design, 99), stock(), kill)
    assert rows == [2, 4, 6]
    pairs = zip(onnx_export.read(whole.onnx(6))[1], onnx_export.read(run.onnx(6))[1], strict=True)
    assert all(np.allclose(one, other, atol=1e-5) for one, other in pairs)


def test_a_folder_of_something_else_is_no_run(tmp_path: Path) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=tmp_path.name):
        detector_trainer.reopen(tmp_path)
