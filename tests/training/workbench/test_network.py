"""A float network in the place of a device's classifier."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.config import Config
from edge.errors import ModelError
from edge.system.image_files import decode_image
from tests.support.pictures import photo
from tests.support.training import framework
from tests.support.workbench import make_network
from training.workbench.models import HeatKind, ModelShelf
from training.workbench.network import NetworkClassifier

pytestmark = pytest.mark.slow


def test_a_network_is_tried(tmp_path: Path) -> None:
    """The device's detector finds the faces; the likeliest label is the answer; there is a Grad-CAM."""
    file = make_network(tmp_path / "run" / "model.keras")
    framework()
    import keras

    model = ModelShelf(Config(), (file,), tmp_path).open(str(file))
    picture = decode_image(photo(), "photo")
    (face,) = model.look(picture).faces
    seen = face.observation
    assert seen.answer == int(np.argmax(seen.probabilities))
    assert sum(seen.probabilities) == pytest.approx(1)
    assert model.heat_kind is HeatKind.GRAD_CAM
    assert model.heat(picture, seen.face.box, 0).shape == (96, 96)

    keras.Sequential([keras.Input((50, 60, 3)), keras.layers.Flatten(), keras.layers.Dense(3)]).save(file)
    with pytest.raises(ModelError, match="no square pictures"):
        NetworkClassifier.open(file)
