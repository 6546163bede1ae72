"""Where a float network looks: Grad-CAM heat maps over the crops.

Source: Selvaraju et al., "Grad-CAM: Visual Explanations from Deep Networks", ICCV 2017. The gradient is
that of the logarithm of the class's probability, which unlike the probability does not fade where the
network is sure.
"""

from __future__ import annotations

from typing import Any

import cv2
import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge.errors import ModelError

Heats = NDArray[np.float32]
"""(n, size, size), 0 to 1."""


def heat_maps(model: keras.Model, pixels: NDArray[np.uint8], classes: NDArray[np.intp]) -> Heats:
    """How much each place speaks for a class.

    Args:
        model: From (n, size, size, 3) pixels, 0 to 255, to probabilities.
        pixels: (n, size, size, 3) RGB.
        classes: (n,) the class that is asked about.

    Raises:
        ModelError: The network has no map of features before its head.
    """
    body, head = _halves(model)
    features = body(pixels.astype(np.float32), training=False)
    with tf.GradientTape() as tape:
        tape.watch(features)
        shares = head(features, training=False)
        asked = tf.gather(shares, classes.astype(np.int32), axis=1, batch_dims=1)
        score = tf.math.log(asked + 1e-7)
    weights = tf.reduce_mean(tape.gradient(score, features), axis=(1, 2), keepdims=True)
    maps = np.asarray(tf.nn.relu(tf.reduce_sum(weights * features, axis=-1)))
    side = pixels.shape[1]
    large = [cv2.resize(one, (side, side), interpolation=cv2.INTER_LINEAR) for one in maps]
    # A map on which nothing speaks for the class is 0 everywhere and stays so.
    return np.stack([one / max(float(one.max()), 1e-9) for one in large]).astype(np.float32)


def _halves(model: keras.Model) -> tuple[keras.Model, keras.Model]:
    """The network in two parts, because the tape has to watch the map between them.

    The head begins with the last layer of the network's own level that still sees places.
    """
    at = next(
        (number for number in reversed(range(len(model.layers))) if _sees_places(model.layers[number])), None
    )
    if at is None:
        raise ModelError(f"network {model.name} has no map of features, so there is nothing to show")
    # What its layers are joined by belongs to an inner model.
    if isinstance(model, keras.Sequential):
        return keras.Sequential(model.layers[:at]), keras.Sequential(model.layers[at:])
    last = model.layers[at].input
    return keras.Model(model.input, last), keras.Model(last, model.output)


def _sees_places(layer: Any) -> bool:
    return not isinstance(layer, keras.layers.InputLayer) and len(layer.input.shape) == 4
