"""Learning from larger networks: their soft labels beside the true ones.

The teacher sees the very picture that the network sees, changed as it is, resized within the
graph where the teacher takes another size.

Source: Hinton, Vinyals and Dean, "Distilling the Knowledge in a Neural Network", 2015.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge.errors import ModelError
from training.classifier import stored
from training.classifier.recipe import DistilRecipe, Recipe


class Teacher:
    """Trained networks that give soft labels for every batch; of several the mean."""

    def __init__(self, networks: Sequence[keras.Model], temperature: float) -> None:
        """Takes networks from pixels, 0 to 255, to probabilities."""
        self._ask = [_asked(network) for network in networks]
        self._temperature = temperature

    def softened(self, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """(n, classes) probabilities, softened by the temperature, of (n, size, size, 3) pixels."""
        opinions = [np.asarray(_soften(ask(pixels), self._temperature)) for ask in self._ask]
        return np.asarray(np.mean(opinions, axis=0), np.float32)


def _asked(network: keras.Model) -> Callable[[NDArray[np.float32]], Any]:
    size = int(network.input_shape[1])
    resize = keras.layers.Resizing(size, size, antialias=True)
    ask: Callable[[NDArray[np.float32]], Any] = tf.function(
        lambda pixels: network(resize(pixels), training=False)
    )
    return ask


def teacher(recipe: Recipe) -> Teacher | None:
    """The recipe's teacher, if it names one.

    Raises:
        ModelError: A file is missing, is no model, or has other classes.
    """
    if not recipe.distil.teacher:
        return None
    recipe.distil.require_teachers()
    networks = [_network(Path(file), recipe.network.classes) for file in recipe.distil.teacher]
    return Teacher(networks, recipe.distil.temperature)


def _network(file: Path, classes: int) -> keras.Model:
    try:
        network = stored.load(file)
    except ModelError as error:
        raise ModelError(f"distil.teacher: {error}") from None
    if network.output_shape != (None, classes):
        raise ModelError(
            f"distil.teacher: {file} has {network.output_shape[-1]} classes, the recipe has "
            f"{classes}; name a teacher of the same classes"
        )
    return network


class Distilled(keras.losses.Loss):  # type: ignore[misc]
    """A mixture of the distance to the labels and of that to the teacher."""

    def __init__(self, hard: Any, settings: DistilRecipe, classes: int) -> None:
        """Takes the loss of the labels and how both are mixed.

        Truths are (n, 2 * classes): labels, then the teacher's softened probabilities.
        """
        super().__init__(name="distilled")
        self._hard, self._settings, self._classes = hard, settings, classes

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """(n,) losses.

        The gradients of softened probabilities shrink with the square of the temperature, which is made
        up for, as the source says.
        """
        labels, soft_labels = y_true[:, : self._classes], y_true[:, self._classes :]
        softened = _soften(y_pred, self._settings.temperature)
        distance = keras.ops.sum(soft_labels * (_log(soft_labels) - _log(softened)), axis=-1)
        weight = self._settings.weight
        soft = distance * self._settings.temperature**2
        return (1 - weight) * self._hard.call(labels, y_pred) + weight * soft


def _soften(shares: Any, temperature: float) -> Any:
    """Probabilities as if the logits had been divided by the temperature."""
    return keras.ops.softmax(_log(shares) / temperature, axis=-1)


def _log(shares: Any) -> Any:
    return keras.ops.log(keras.ops.maximum(shares, 1e-7))
