"""Networks in files: of Keras 3, of Keras 2, and of neither."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from edge.errors import ModelError
from tests.support.keras2 import as_keras_2
from tests.support.training import framework
from training.classifier import stored

pytestmark = [
    pytest.mark.slow,
    # Keras 3 meets it while it writes HDF5 with NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]

SIZE = 32


@pytest.fixture(scope="module", autouse=True)
def _framework() -> None:
    framework()


def networks() -> dict[str, Any]:
    """Networks of the kinds that tutorials build."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(1)
    shape, answer = (SIZE, SIZE, 3), layers.Dense(3, activation="softmax", name="answer")
    backbone = keras.applications.MobileNetV2(weights=None, include_top=False, input_shape=shape, alpha=0.35)
    pooled = layers.Flatten()(layers.AveragePooling2D((1, 1))(backbone.output))
    return {
        "functional": keras.Model(backbone.input, layers.Dense(2, activation="softmax")(pooled)),
        "nested": keras.Sequential([keras.Input(shape), backbone, layers.GlobalAveragePooling2D(), answer]),
        "plain": keras.Sequential(
            [
                keras.Input(shape),
                layers.RandomFlip("horizontal"),
                layers.Rescaling(1 / 255),
                layers.Conv2D(4, 3, strides=2, groups=1, kernel_regularizer="l2"),
                layers.BatchNormalization(),
                layers.SeparableConv2D(4, 3),
                layers.Conv2DTranspose(4, 3),
                layers.DepthwiseConv2D(3),
                layers.Flatten(),
                layers.Dense(3, activation="softmax"),
            ]
        ),
    }


def answers(network: Any) -> np.ndarray:
    pixels = np.random.default_rng(1).uniform(0, 255, (2, SIZE, SIZE, 3)).astype(np.float32)
    return np.asarray(network(pixels, training=False))


@pytest.mark.parametrize("name", ["functional", "nested", "plain"])
def test_keras_2(tmp_path: Path, name: str) -> None:
    """An HDF5 file with options that Keras 3 does not know gives the same answers, whatever its suffix."""
    network = networks()[name]
    network.save(tmp_path / "model.h5")
    file = as_keras_2(tmp_path / "model.h5").rename(tmp_path / "mask_detector.model")
    np.testing.assert_array_equal(answers(stored.load(file)), answers(network))


def test_names_with_a_slash(tmp_path: Path) -> None:
    """Keras 2 had them in MobileNetV3; they are changed wherever a layer refers to them."""
    network = networks()["functional"]
    network.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as raw:
        raw.attrs["model_config"] = raw.attrs["model_config"].replace("expanded_conv_", "expanded_conv/")
    np.testing.assert_array_equal(answers(stored.load(tmp_path / "model.h5")), answers(network))


def test_groups_that_matter_stay(tmp_path: Path) -> None:
    """A grouped convolution is opened as one."""
    import keras
    from keras import layers

    network = keras.Sequential(
        [keras.Input((SIZE, SIZE, 4)), layers.Conv2D(8, 3, groups=4), layers.Flatten(), layers.Dense(2)]
    )
    network.save(tmp_path / "model.h5")
    assert stored.load(as_keras_2(tmp_path / "model.h5")).layers[0].groups == 4


def test_the_file_itself_is_left_alone(tmp_path: Path) -> None:
    """What is left out is left out of a copy."""
    networks()["plain"].save(tmp_path / "model.h5")
    before = as_keras_2(tmp_path / "model.h5").read_bytes()
    stored.load(tmp_path / "model.h5")
    assert (tmp_path / "model.h5").read_bytes() == before


def refused(file: Path, *words: str) -> None:
    with pytest.raises(ModelError) as error:
        stored.load(file)
    sentence = str(error.value)
    assert file.name in sentence
    assert all(word in sentence for word in words), sentence
    assert len(sentence.splitlines()) == 1
    assert len(sentence) < 600


def test_weights_alone(tmp_path: Path) -> None:
    """The sentence says to save the whole network."""
    with h5py.File(tmp_path / "weights.h5", "w") as raw:
        raw.create_group("dense")
    refused(tmp_path / "weights.h5", "weights alone", "model.save")


def test_functions_between_layers(tmp_path: Path) -> None:
    """`preprocess_input` in a network of Keras 2: the sentence names what to put in its place."""
    network = networks()["plain"]
    network.save(tmp_path / "model.h5")
    with h5py.File(tmp_path / "model.h5", "r+") as raw:
        raw.attrs["model_config"] = raw.attrs["model_config"].replace('"Rescaling"', '"TFOpLambda"')
    refused(tmp_path / "model.h5", "functions of TensorFlow", "Rescaling")


def test_a_lambda_layer(tmp_path: Path) -> None:
    """Code in a file is not run."""
    import keras
    from keras import layers

    network = keras.Sequential([keras.Input((SIZE, SIZE, 3)), layers.Lambda(lambda x: x / 255)])
    for name in ("model.h5", "model.keras"):
        network.save(tmp_path / name)
        refused(tmp_path / name, "Lambda layer", "Rescaling")


def test_an_archive_of_keras_2(tmp_path: Path) -> None:
    """The sentence names the version that wrote it, and HDF5 as the way out."""
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("metadata.json", json.dumps({"keras_version": "2.15.0"}))
        archive.writestr(
            "config.json", json.dumps({"class_name": "Functional", "module": "keras.src.engine"})
        )
    refused(tmp_path / "model.keras", "Keras 2.15.0 wrote it", "model.save('model.h5')")


@pytest.mark.parametrize(
    "content", [b"", b"hello", b"\x89HDF\r\n\x1a\n" + bytes(40), b"PK\x03\x04" + bytes(40)]
)
def test_what_is_no_network(tmp_path: Path, content: bytes) -> None:
    """Empty, text, and files that only begin as one: a sentence."""
    (tmp_path / "model.h5").write_bytes(content)
    refused(tmp_path / "model.h5", "cannot be opened as a Keras model")


def test_a_folder_or_nothing(tmp_path: Path) -> None:
    """Neither is a network."""
    assert not stored.is_network(tmp_path)
    refused(tmp_path / "none.keras", "cannot be opened as a Keras model")
