"""Networks by name. Every one takes RGB pixels from 0 to 255 and scales them inside."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import keras
import numpy as np

from edge.errors import ConfigError, ModelError
from edge.system.native_path import native_path
from training.classifier import efficientnet_lite
from training.classifier.calibration import Scaling
from training.classifier.recipe import WAYS, NetworkRecipe

BACKBONE = "backbone"
LAST = "probabilities"
PATIENCE_S = 20.0
"""How long a server may be silent while weights are fetched."""


def build(settings: NetworkRecipe, weights: str | None = None) -> keras.Model:
    """A network by name with the classic head: global pooling, dropout, dense.

    Its first and its last layer calculate in 32 bits under any policy of precision, because 16 bits
    round pixels and probabilities too coarsely.

    Args:
        settings: Which network.
        weights: "imagenet", "none" or a file of backbone weights; the settings' own where None.

    Returns:
        A model from (n, size, size, 3) float, 0 to 255, to (n, classes) probabilities.

    Raises:
        ModelError: The weights cannot be had; the sentence names both ways to get them.
    """
    backbone = _backbone(settings, settings.start(weights))
    for layer in batch_norms(backbone):
        # The pretrained networks' own 0.999 lags behind a training this short.
        layer.momentum = settings.batch_norm_momentum
    inputs = keras.Input((settings.input_size, settings.input_size, 3), name="pixels")
    # Inside the graph, because the device gives plain pixels.
    middle, step = SCALES.get(settings.name, (127.5, 127.5))
    x = keras.layers.Rescaling(1 / step, offset=-middle / step, name="scale", dtype="float32")(inputs)
    x = _pooled(settings)(backbone(x))
    if settings.dense_units:
        x = keras.layers.Dense(settings.dense_units, activation="relu", name="dense")(x)
    x = keras.layers.Dropout(settings.dropout, name="dropout")(x)
    outputs = keras.layers.Dense(settings.classes, activation="softmax", name=LAST, dtype="float32")(x)
    return keras.Model(inputs, outputs, name=settings.name)


def _pooled(settings: NetworkRecipe) -> Any:
    """The classic recipe of the small network keeps every place apart, the others take the mean."""
    if settings.name == "small_cnn":
        return keras.layers.Flatten(name="flatten")
    return keras.layers.GlobalAveragePooling2D(name="pool")


def require_weights(settings: NetworkRecipe, given: str | None) -> None:
    """Insists that the backbone's weights can be had, and fetches those of ImageNet.

    Raises:
        ModelError: They cannot.
    """
    if settings.start(given) != "none":
        _backbone(settings, settings.start(given))


def _backbone(settings: NetworkRecipe, weights: str) -> Any:
    # The small network has no published weights; it starts at random where a recipe says nothing.
    named = "imagenet" if weights == "imagenet" and settings.name != "small_cnn" else None
    try:
        with _patience():
            model = BACKBONES[settings.name](settings, named)
    except Exception as error:  # The framework raises a bare one when a download fails.
        raise ModelError(f"weights {weights} cannot be used: {_reason(error)}; {WAYS}") from error
    if weights not in ("imagenet", "none"):
        _load_weights(model, Path(weights), settings)
    return model


def _load_weights(model: Any, file: Path, settings: NetworkRecipe) -> None:
    try:
        with native_path(file) as name:
            model.load_weights(name)
    except Exception as error:  # Readers of many formats raise as many kinds, in words about themselves.
        width = f" of width {settings.alpha:g}" if settings.name == "mobilenet_v2" else ""
        raise ModelError(
            f"weights {file} cannot be used: the file holds no weights of a {settings.name}{width}; {WAYS}"
        ) from error


@contextmanager
def _patience() -> Iterator[None]:
    """A server that is silent must not be waited for; the framework sets no limit."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE_S)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _reason(error: Exception) -> str:
    """The first line of what the framework says; of a failed download what the network says."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return line.rpartition(" -- ")[2][:300]


def _mobilenet_v2(settings: NetworkRecipe, weights: str | None) -> Any:
    """Source: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018."""
    return keras.applications.MobileNetV2(
        input_shape=(settings.input_size,) * 2 + (3,),
        alpha=settings.alpha,
        include_top=False,
        weights=weights,
        name=BACKBONE,
    )


def _mobilenet_v3(settings: NetworkRecipe, weights: str | None) -> Any:
    """Source: Howard et al., "Searching for MobileNetV3", ICCV 2019."""
    small = settings.name == "mobilenet_v3_small"
    make = keras.applications.MobileNetV3Small if small else keras.applications.MobileNetV3Large
    return make(
        input_shape=(settings.input_size,) * 2 + (3,),
        alpha=settings.alpha,
        include_top=False,
        weights=weights,
        # `build` scales the pixels for every network.
        include_preprocessing=False,
        name=BACKBONE,
    )


def _efficientnet_lite(settings: NetworkRecipe, weights: str | None) -> Any:
    if weights:
        raise ValueError("keras.applications has none of this network")
    return efficientnet_lite.build(settings.name, settings.input_size, BACKBONE)


def _small_cnn(settings: NetworkRecipe, _weights: str | None) -> Any:
    """Three blocks of convolution, batch normalisation and pooling: a common first recipe, from scratch."""
    layers: list[Any] = [keras.Input((settings.input_size, settings.input_size, 3))]
    for wide in (32, 64, 128):
        filters = max(1, round(settings.alpha * wide))
        layers += [
            keras.layers.Conv2D(filters, 3, padding="same", activation="relu"),
            keras.layers.BatchNormalization(),
            keras.layers.MaxPooling2D(),
        ]
    return keras.Sequential(layers, name=BACKBONE)


BACKBONES: dict[str, Callable[[NetworkRecipe, str | None], Any]] = {
    "mobilenet_v2": _mobilenet_v2,
    "mobilenet_v3_small": _mobilenet_v3,
    "mobilenet_v3_large": _mobilenet_v3,
    **dict.fromkeys(efficientnet_lite.VARIANTS, _efficientnet_lite),
    "small_cnn": _small_cnn,
}


SCALES = dict.fromkeys(efficientnet_lite.VARIANTS, (127.0, 128.0))
"""The pixel that becomes 0, and how far from it 1 is, where published weights expect another range."""


def batch_norms(model: keras.Model) -> list[Any]:
    """The layers of batch normalisation of a network, those of its parts included."""
    found = []
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            found += batch_norms(layer)
        elif isinstance(layer, keras.layers.BatchNormalization):
            found.append(layer)
    return found


def require_layer(model: keras.Model, frozen_until: str) -> None:
    """Insists that the backbone has the layer up to which it is frozen.

    Raises:
        ConfigError: It has none of this name.
    """
    names = [layer.name for layer in model.get_layer(BACKBONE).layers]
    if frozen_until and frozen_until not in names:
        raise ConfigError(f"schedule.frozen_until: the network has no layer {frozen_until}")


def set_trainable(model: keras.Model, backbone: bool, batch_norm: bool, frozen_until: str = "") -> None:
    """Freezes or frees the backbone.

    Args:
        model: A network as `build` gives it.
        backbone: Whether the backbone is trained at all.
        batch_norm: Whether its batch normalisation is.
        frozen_until: The last of its layers that is not trained; empty trains all. The first
            layers see edges and colours in the largest pictures, and cost most.

    """
    part = model.get_layer(BACKBONE)
    part.trainable = backbone
    if not backbone:
        return
    names = [layer.name for layer in part.layers]
    frozen = names.index(frozen_until) + 1 if frozen_until else 0
    for number, layer in enumerate(part.layers):
        if number < frozen or (not batch_norm and isinstance(layer, keras.layers.BatchNormalization)):
            layer.trainable = False


def fold_in(model: keras.Model, scaling: Scaling) -> None:
    """Writes a scaling of the logits into the last layer, in place: nobody else needs to know of it."""
    layer = model.get_layer(LAST)
    kernel, bias = layer.get_weights()
    layer.set_weights([kernel * scaling.factor, bias * scaling.factor + np.array(scaling.shifts)])
