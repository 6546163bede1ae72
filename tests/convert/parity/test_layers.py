"""How far each layer of an int8 model strays from the float model."""

from __future__ import annotations

import json

import pytest

from tests.support import forked

pytestmark = pytest.mark.slow

SCRIPT = """
import json
from training.framework import load_framework
load_framework(1)
import keras
import numpy as np
import tensorflow as tf
from convert.parity import layers
from edge.bundle import golden

keras.utils.set_random_seed(1)
network = keras.Sequential([
    keras.Input((96, 96, 3)),
    keras.layers.Rescaling(1 / 255),
    keras.layers.Conv2D(4, 3, strides=8, activation="relu"),
    keras.layers.Flatten(),
    keras.layers.Dense(3, activation="softmax"),
])
crops = np.stack([golden.crop("face", seed, 96) for seed in range(36)])
converter = tf.lite.TFLiteConverter.from_keras_model(network)
reference = converter.convert()
converter.optimizations = [tf.lite.Optimize.DEFAULT]
converter.representative_dataset = lambda: ([crop[np.newaxis].astype("float32")] for crop in crops // 4)
converter.inference_input_type = converter.inference_output_type = tf.uint8
quantised = converter.convert()
for shown in (crops // 4, crops):
    found = layers.compare(reference, quantised, shown, np.arange(36) % 3)
    print(json.dumps({one.op: one.clipped for one in found}))
"""


def test_only_values_with_a_range_can_be_beyond_it() -> None:
    """Sizes that a file of another program reckons with, because it takes any number of pictures, are whole
    numbers and not counted; values beyond the range that the representative pictures gave are."""
    done = forked.run(SCRIPT)
    assert done.returncode == 0, done.stderr
    alike, beyond = (json.loads(line) for line in done.stdout.splitlines())
    assert alike["SHAPE"] == alike["CONV_2D"] == 0
    assert beyond["SHAPE"] == 0
    assert beyond["CONV_2D"] > 0.03
