"""Teachers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge.errors import ModelError
from tests.support.training import framework
from training.classifier.recipe import DistilRecipe, NetworkRecipe, Recipe

pytestmark = [
    pytest.mark.slow,
    # Keras saves weights through a conversion that numpy 2 warns of.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
SMALL = NetworkRecipe(name="small_cnn", input_size=96, dense_units=4, weights="none")


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network of three classes that has learnt nothing, and yet likes some of them better than others."""
    framework()
    from training.classifier.network import LAST, build

    file = tmp_path_factory.mktemp("teacher") / "teacher.keras"
    made = build(SMALL)
    last = made.get_layer(LAST)
    # Whatever the layers before it say: where all of them are silent, it would answer 1/3 for everything.
    last.set_weights([last.get_weights()[0], np.array([1.0, 0.0, -1.0])])
    made.save(file)
    return file


def hired(file: Path, network: NetworkRecipe = SMALL, temperature: float = 1) -> Any:
    from training.classifier import distillation

    return distillation.teacher(
        Recipe(network=network, distil=DistilRecipe(teacher=str(file), temperature=temperature))
    )


def pixels(size: int) -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (2, size, size, 3)).astype(np.float32)


def test_an_opinion(stored: Path) -> None:
    """At a temperature of 1 it is what the network says; a higher one brings all classes closer."""
    import keras

    network = keras.saving.load_model(stored, compile=False)
    said = np.asarray(network(pixels(96), training=False))
    np.testing.assert_allclose(hired(stored).softened(pixels(96)), said, atol=1e-5)
    softened = hired(stored, temperature=4).softened(pixels(96))
    assert (softened.max(axis=1) < said.max(axis=1)).all()
    np.testing.assert_allclose(softened.sum(axis=1), 1, atol=1e-5)


def test_several_teachers_are_asked_for_their_mean(stored: Path, tmp_path: Path) -> None:
    """An ensemble of two of which one says the opposite of the other."""
    import keras

    from training.classifier import distillation
    from training.classifier.network import LAST

    other = keras.saving.load_model(stored, compile=False)
    last = other.get_layer(LAST)
    last.set_weights([-last.get_weights()[0], -last.get_weights()[1]])
    other.save(tmp_path / "other.keras")
    alone = [hired(file).softened(pixels(96)) for file in (stored, tmp_path / "other.keras")]
    files = (str(stored), str(tmp_path / "other.keras"))
    both = distillation.teacher(Recipe(network=SMALL, distil=DistilRecipe(teacher=files, temperature=1)))
    assert both is not None
    np.testing.assert_allclose(both.softened(pixels(96)), np.mean(alone, axis=0), atol=1e-6)
    assert both.softened(pixels(96)).dtype == np.float32


def test_a_teacher_of_another_size(stored: Path) -> None:
    """It sees the same picture, resized."""
    assert hired(stored).softened(pixels(128)).shape == (2, 3)


def test_no_teacher() -> None:
    """A recipe that names none has none."""
    from training.classifier import distillation

    assert distillation.teacher(Recipe()) is None


def test_teachers_that_cannot_be_used(stored: Path, tmp_path: Path) -> None:
    """A file that is missing, no model, or of other classes is named in a sentence."""
    (tmp_path / "text.keras").write_text("no model")
    for file, network, sentence in (
        (tmp_path / "absent.keras", SMALL, "does not exist"),
        (tmp_path / "text.keras", SMALL, "cannot be opened"),
        (stored, SMALL.model_copy(update={"classes": 2}), "has 3 classes, the recipe has 2"),
    ):
        with pytest.raises(ModelError, match=rf"distil\.teacher: .*{sentence}"):
            hired(file, network)
