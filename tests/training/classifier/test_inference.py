"""Running and storing float models."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.training import framework
from training.classifier.recipe import NetworkRecipe

pytestmark = pytest.mark.slow

NETWORK = NetworkRecipe(name="small_cnn", input_size=96, dense_units=4, weights="none")


def test_a_stored_model_gives_the_same_probabilities(tmp_path: Path) -> None:
    """A row for each crop, more than one batch of them, each adding up to one."""
    framework()
    import keras

    from training.classifier import inference
    from training.classifier.network import build

    model = build(NETWORK)
    crops = np.random.default_rng(0).integers(0, 256, (70, 96, 96, 3), np.uint8)
    inference.save(model, tmp_path / "model.keras")
    found = inference.predict(model, crops)
    assert found.shape == (70, 3)
    assert found.sum(axis=1) == pytest.approx(np.ones(70), abs=1e-5)
    np.testing.assert_array_equal(
        inference.predict(keras.models.load_model(tmp_path / "model.keras"), crops), found
    )
