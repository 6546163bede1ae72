"""A network that breaks the contract is told which part; any other converts."""

from __future__ import annotations

import json

import pytest

from tests.support import forked

pytestmark = pytest.mark.slow

SCRIPT = """
import json, sys
from pathlib import Path
from tests.support.networks import SIZE, small
import keras
import numpy as np
from keras import layers
from convert import quantize, tflite
from convert.keras_model import open_network
from edge.bundle import golden
from edge.errors import MaskGateError
from training.classifier.network import build
from training.classifier.recipe import NetworkRecipe

folder = Path(sys.argv[1])

def classifier(shape=(SIZE, SIZE, 3), units=3, activation="softmax", batch=None, **options):
    first = keras.Input(shape, batch_size=batch)
    scaled = layers.Rescaling(1 / 255)(first)
    pooled = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, strides=2, **options)(scaled))
    return keras.Model(first, layers.Dense(units, activation=activation)(pooled))

def two_inputs():
    first, second = keras.Input((SIZE, SIZE, 3), name="face"), keras.Input((5,), name="marks")
    pooled = layers.GlobalAveragePooling2D()(layers.Rescaling(1 / 255)(first))
    joined = layers.Concatenate()([pooled, second])
    return keras.Model([first, second], layers.Dense(3, activation="softmax")(joined))

def two_outputs():
    one = classifier()
    return keras.Model(one.inputs, [one.outputs[0], one.layers[-2].output])

def flat():
    return keras.Sequential([keras.Input((100,)), layers.Dense(3, activation="softmax")])

def maps():
    one = keras.Input((SIZE, SIZE, 3))
    return keras.Model(one, layers.Conv2D(3, 1, activation="softmax")(layers.Rescaling(1 / 255)(one)))

BROKEN = {
    "inputs": two_inputs, "outputs": two_outputs, "flat": flat, "maps": maps,
    "grey": lambda: classifier((SIZE, SIZE, 1)),
    "alpha": lambda: classifier((SIZE, SIZE, 4)),
    "first": lambda: classifier((3, SIZE, SIZE)),
    "oblong": lambda: classifier((SIZE, 128, 3)),
    "large": lambda: classifier((640, 640, 3)),
    "open": lambda: classifier((None, None, 3)),
    "batch": lambda: classifier(batch=8),
    "thousand": lambda: classifier(units=1000),
    "single": lambda: classifier(units=1, activation="sigmoid"),
    "logits": lambda: classifier(activation=None, kernel_initializer="glorot_normal"),
    "sigmoid": lambda: classifier(activation="sigmoid"),
}
for name, make in BROKEN.items():
    make().save(folder / f"{name}.keras")
    try:
        open_network(folder / f"{name}.keras")
        print(json.dumps([name, 0, ""]))
    except MaskGateError as error:
        print(json.dumps([name, error.exit_code, str(error)]))
(folder / "text.keras").write_text("no model")
try:
    open_network(folder / "text.keras")
except MaskGateError as error:
    print(json.dumps(["text", error.exit_code, str(error)]))

settings = {"weights": "none", "input_size": SIZE}
WHOLE = {
    "hand_made": small,
    "two_labels": lambda: classifier(units=2),
    "mobilenet_v3": lambda: build(NetworkRecipe(name="mobilenet_v3_small", **settings)),
    "small_cnn": lambda: build(NetworkRecipe(name="small_cnn", dense_units=16, **settings)),
}
crops = np.stack([golden.crop("face", seed, SIZE) for seed in range(12)])
for name, make in WHOLE.items():
    keras.utils.set_random_seed(3)
    make().save(folder / f"{name}.keras")
    flat = quantize.to_int8(open_network(folder / f"{name}.keras"), crops)
    made = tflite.read(flat)
    print(json.dumps([name, 0, str(made.inputs[0].dtype)]))
"""


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[int, str]]:
    """What is said of each network: an exit code and a sentence."""
    done = forked.run(SCRIPT, tmp_path_factory.mktemp("networks"))
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {name: (code, sentence) for name, code, sentence in rows}


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("inputs", "it takes 2 inputs (face, marks), the device gives one picture"),
        ("outputs", "it has 2 outputs, the device reads one"),
        ("flat", "its input has the shape (None, 100), asked for is (None, size, size, 3)"),
        ("grey", "has 1 channels, the device gives 3 (red, green, blue)"),
        ("alpha", "has 4 channels"),
        ("first", "has the colours first, the device gives them last"),
        ("oblong", "must be a square whose side is"),
        ("large", "must be a square whose side is"),
        ("open", "and fixed: build the network with keras.Input((size, size, 3))"),
        ("batch", "has a fixed batch of 8"),
        (
            "thousand",
            "output has the shape (None, 1000), asked for is one probability for each of 3 labels",
        ),
        ("maps", "its output has the shape (None, 96, 96, 3)"),
        ("single", "it has a single output"),
        ("logits", "end it with softmax"),
        ("sigmoid", "and not to 1; end it with softmax"),
    ],
)
def test_the_part_that_is_broken_is_told(told: dict[str, tuple[int, str]], name: str, part: str) -> None:
    """In one sentence that names the file."""
    code, sentence = told[name]
    assert code == 3
    assert f"{name}.keras breaks the contract: " in sentence
    assert part in sentence
    assert len(sentence.splitlines()) == 1


def test_a_file_that_is_no_network_is_refused(told: dict[str, tuple[int, str]]) -> None:
    """In one sentence that names it."""
    code, sentence = told["text"]
    assert code == 3
    assert "text.keras cannot be opened as a Keras model" in sentence


@pytest.mark.parametrize("name", ["hand_made", "two_labels", "mobilenet_v3", "small_cnn"])
def test_any_network_that_keeps_the_contract_converts(told: dict[str, tuple[int, str]], name: str) -> None:
    """To a model that takes plain pixels."""
    assert told[name] == (0, "uint8")
