"""Turns a float Keras classifier into an int8 TFLite model that takes the device's uint8 pixels."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge.classify import Model
from edge.quiet import without_native_chatter
from edge.types import GateError, Image
from training.material import Material
from training.network import LAST, fold_in
from training.predict import predict
from training.scale import towards

PER_CLASS = 100
"""Crops of each class whose activations set the ranges."""

Pixels = NDArray[np.uint8]
"""(n, size, size, 3) RGB crops."""


def balanced(crops: Pixels, truth: NDArray[np.intp], per_class: int, seed: int) -> Pixels:
    """A representative set: as many crops of each class, all of a class that has fewer."""
    rng = np.random.default_rng(seed)
    chosen = [
        rng.choice(places, min(per_class, len(places)), replace=False)
        for places in (np.flatnonzero(truth == label) for label in np.unique(truth))
    ]
    picked: Pixels = crops[np.sort(np.concatenate(chosen))]
    return picked


def of_training(model: Path, training: Material) -> bytes:
    """The int8 model of a `.keras` file, with ranges from as many training faces of each class.

    Rounding shifts the answers all in one direction. The shift is measured on the same faces,
    taken out of the last layer, and the model is quantised again.

    Source of the idea: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
    Correction", ICCV 2019.
    """
    network = keras.saving.load_model(model, compile=False)
    crops = training.crops(int(network.input_shape[1]))
    chosen = balanced(crops, training.truth(), PER_CLASS, seed=0)
    first = to_int8(network, chosen)
    if LAST not in {layer.name for layer in network.layers}:
        return first
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.tflite"
        draft.write_bytes(first)
        device = Model(draft)
        strayed = np.stack([device.probabilities(crop) for crop in chosen])
    fold_in(network, towards(predict(network, chosen), strayed))
    return to_int8(network, chosen)


def to_int8(model: keras.Model, representative: Pixels) -> bytes:
    """Quantises weights per channel and activations per tensor, both to 8 bits.

    Args:
        model: From (n, size, size, 3) float pixels, 0 to 255, to probabilities.
        representative: Crops whose activations set the ranges.

    Returns:
        A TFLite model with uint8 input and output; an input value is a pixel value as it is.

    Raises:
        GateError: The model kept a float operation's input or has another input scale.
    """
    with tempfile.TemporaryDirectory() as folder:
        model.export(folder, format="tf_saved_model", verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(folder)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _samples(representative)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8
        with without_native_chatter():
            flat: bytes = converter.convert()
    _require_plain_pixels(flat)
    return flat


def _samples(pixels: Pixels) -> Iterator[list[NDArray[np.float32]]]:
    """All crops one by one, and one that holds black and white, so that the input's range is 0 to 255."""
    extremes: Image = pixels[0].copy()
    extremes[0], extremes[-1] = 0, 255
    for crop in [extremes, *pixels]:
        yield [crop[np.newaxis].astype(np.float32)]


def _require_plain_pixels(flat: bytes) -> None:
    details = tf.lite.Interpreter(model_content=flat).get_input_details()[0]
    scale, zero_point = details["quantization"]
    if details["dtype"] is not np.uint8 or abs(scale - 1) > 1e-3 or zero_point != 0:
        raise GateError(
            f"the converted model takes {np.dtype(details['dtype']).name} with scale {scale} and zero point "
            f"{zero_point}, not plain pixels; scale inside the network's graph"
        )
