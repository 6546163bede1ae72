"""Heat maps of where a network looks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.errors import ModelError
from tests.support.training import framework

pytestmark = pytest.mark.slow


def test_heat_lies_where_the_answer_comes_from(tmp_path: Path) -> None:
    """A network that answers by the red in a place is shown to look at the red place."""
    framework()
    import keras

    from training.classifier import stored
    from training.evaluation.report import gradcam

    inputs = keras.Input((96, 96, 3))
    maps = keras.layers.AveragePooling2D(8, name="maps")(inputs)
    pooled = keras.layers.GlobalAveragePooling2D()(maps)
    model = keras.Model(inputs, keras.layers.Dense(2, activation="softmax", name="out")(pooled))
    model.get_layer("out").set_weights([np.array([[1.0, 0], [0, 1], [0, 0]]) / 20, np.zeros(2)])
    pixels = np.zeros((2, 96, 96, 3), np.uint8)
    pixels[0, :24, :24, 0] = 255
    pixels[1, -24:, -24:, 1] = 255
    found = gradcam.heat_maps(model, pixels, np.array([0, 1]))
    assert found[0, :16, :16].mean() > 10 * found[0, 48:, 48:].mean() + 0.5
    assert found[1, -16:, -16:].mean() > 10 * found[1, :48, :48].mean() + 0.5
    # The same as a sequence of layers, stored and opened again.
    sequence = keras.Sequential([inputs, *model.layers[1:]])
    sequence.save(tmp_path / "model.keras")
    again = gradcam.heat_maps(stored.load(tmp_path / "model.keras"), pixels, np.array([0, 1]))
    np.testing.assert_allclose(again, found, atol=1e-5)

    flat = keras.Sequential([keras.Input((5,)), keras.layers.Dense(2)])
    with pytest.raises(ModelError, match="no map of features"):
        gradcam.heat_maps(flat, pixels, np.array([0, 1]))
