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
from edge.types import Image
from training.augmentation.pixels import as_image

Heat = NDArray[np.float32]
"""(n, size, size), 0 to 1."""


def heat_maps(model: keras.Model, pixels: NDArray[np.uint8], classes: NDArray[np.intp]) -> Heat:
    """How much each place speaks for a class.

    Args:
        model: From (n, size, size, 3) pixels, 0 to 255, to probabilities.
        pixels: (n, size, size, 3) RGB.
        classes: (n,) the class that is asked about.

    Raises:
        ModelError: The network has no map of features before its head.
    """
    last = _last_map(model)
    # In two parts, because the tape has to watch the map between them.
    body, head = keras.Model(model.input, last), keras.Model(last, model.output)
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


def _last_map(model: keras.Model) -> Any:
    """What the head gets: the input of the last layer of the network's own level that still sees places."""
    for layer in reversed(model.layers):
        if not isinstance(layer, keras.layers.InputLayer) and len(layer.input.shape) == 4:
            return layer.input
    raise ModelError(f"network {model.name} has no map of features, so there is nothing to show")


def overlay(crop: Image, heat: NDArray[np.float32]) -> Image:
    """The crop with its heat map in colours over it: (size, size, 3) RGB."""
    colours = cv2.cvtColor(cv2.applyColorMap(as_image(heat * 255), cv2.COLORMAP_INFERNO), cv2.COLOR_BGR2RGB)
    strength = 0.65 * heat[..., None]
    return as_image(crop * (1 - strength) + colours * strength)
