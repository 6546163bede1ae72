"""Turns a Keras classifier into TFLite: int8 for the device, and three other kinds to compare with."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Callable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from convert import representative, tflite
from convert.gates import Representative, load
from convert.keras_model import open_network
from convert.representative import Pixels
from edge.errors import GateError
from edge.system.native_output import without_native_chatter
from edge.types import Image
from edge.vision.interpreter import TfliteModel
from training.classifier.calibration import Scaling, towards
from training.classifier.inference import predict
from training.classifier.network import LAST, fold_in
from training.data.dataset import FaceDataset


class Variant(StrEnum):
    """A kind of TFLite model; only the first is for devices."""

    INT8 = "int8"
    FLOAT16 = "float16"
    DYNAMIC = "dynamic"
    FLOAT32 = "float32"


def of_training(model: Path, training: FaceDataset) -> bytes:
    """The int8 model of a `.keras` file, with ranges from training faces however few there are.

    Raises:
        ModelError: The network breaks the contract.
        ConfigError: A class has no training face.
        GateError: The network cannot be turned into whole numbers.
    """
    network = open_network(model)
    few = Representative(per_class=load().representative.per_class, least=1)
    chosen = representative.choose(training, int(network.outputs[0].shape[1]), few).material
    return corrected(network, chosen.crops(int(network.inputs[0].shape[1])))[0]


def corrected(network: Any, crops: Pixels) -> tuple[bytes, Scaling | None]:
    """The int8 model of a network whose answers were set right after rounding.

    Rounding shifts the answers all in one direction. The shift is measured on the same faces,
    taken out of the last layer, and the model is quantised again. The network itself stays as it is.

    Returns:
        The model, and what was done to its logits; None where its last layer is not the usual one.

    Source of the idea: Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias
    Correction", ICCV 2019.
    """
    graph = _traced(network)
    first = _quantised(graph, network, crops)
    if LAST not in {layer.name for layer in network.layers}:
        return first, None
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "draft.tflite"
        draft.write_bytes(first)
        device = TfliteModel(draft)
        strayed = np.stack([device.probabilities(crop) for crop in crops])
    shift = towards(predict(network, crops), strayed)
    kept = network.get_layer(LAST).get_weights()
    fold_in(network, shift)
    try:
        return _quantised(graph, network, crops), shift
    finally:
        network.get_layer(LAST).set_weights(kept)


def to_int8(network: Any, crops: Pixels) -> bytes:
    """Quantises weights per channel and activations per tensor, both to 8 bits.

    Args:
        network: From (n, size, size, 3) float pixels, 0 to 255, to probabilities.
        crops: The representative set, whose activations set the ranges.

    Returns:
        A TFLite model with uint8 input and output; an input value is a pixel value as it is.

    Raises:
        GateError: It could not be made, is not fully integer, or has another input scale.
    """
    return _quantised(_traced(network), network, crops)


def _quantised(graph: Any, network: Any, crops: Pixels) -> bytes:
    def whole(converter: Any) -> None:
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: _samples(crops)
        # An operation without an int8 kernel ends the conversion, where it would stay in floats otherwise.
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.uint8

    flat = _converted(graph, network, whole)
    made = tflite.read(flat, "the int8 model")
    tflite.require_integer(made, "the int8 model")
    _require_plain_pixels(made.inputs[0])
    return flat


def to_float(network: Any, variant: Variant = Variant.FLOAT32) -> bytes:
    """A TFLite model with float input and output: weights of 32, 16 or, for `dynamic`, 8 bits.

    Raises:
        GateError: It could not be made.
    """

    def smaller(converter: Any) -> None:
        if variant is not Variant.FLOAT32:
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
        if variant is Variant.FLOAT16:
            converter.target_spec.supported_types = [tf.float16]

    return _converted(_traced(network), network, smaller)


def _converted(graph: Any, network: Any, adjust: Callable[[Any], None]) -> bytes:
    with without_native_chatter(), warnings.catch_warnings():
        # Ranges come from the representative set, and not from statistics that the converter misses.
        warnings.filterwarnings("ignore", "Statistics for quantized inputs")
        converter = tf.lite.TFLiteConverter.from_concrete_functions([graph], network)
        # Else it would write and read a SavedModel on the way, which takes six times as long.
        converter.experimental_lower_to_saved_model = False
        adjust(converter)
        try:
            flat: bytes = converter.convert()
        except Exception as error:  # the converter raises whatever its parts raise
            raise GateError(f"the network cannot be converted: {_reason(error)}") from error
    return flat


def _traced(network: Any) -> Any:
    """The network's graph for one crop, as a device asks; its weights are read when it is converted."""
    one = tf.TensorSpec((1, *network.inputs[0].shape[1:]), tf.float32, name="pixels")
    return tf.function(lambda pixels: network(pixels, training=False)).get_concrete_function(one)


def _reason(error: Exception) -> str:
    """The line of the converter's long message that names an operation, else the first."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    informative = [line for line in lines if "error:" in line or "op " in line]
    return (informative or lines or [type(error).__name__])[0][:300]


def _samples(pixels: Pixels) -> Iterator[list[NDArray[np.float32]]]:
    """All crops one by one, and one that holds black and white, so that the input's range is 0 to 255."""
    extremes: Image = pixels[0].copy()
    extremes[0], extremes[-1] = 0, 255
    for crop in [extremes, *pixels]:
        yield [crop[np.newaxis].astype(np.float32)]


def _require_plain_pixels(given: tflite.Tensor) -> None:
    if given.dtype != "uint8" or abs(given.scale - 1) > 1e-3 or given.zero_point != 0:
        raise GateError(
            f"the converted model takes {given.dtype} with scale {given.scale} and zero point "
            f"{given.zero_point}, not plain pixels; scale inside the network's graph"
        )
