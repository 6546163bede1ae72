"""HDF5 files as Keras 2 wrote them, made of files of Keras 3: the weights are stored alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py

INITIALIZER = {"class_name": "GlorotUniform", "config": {"seed": None}}

OPTIONS: dict[str, dict[str, Any]] = {
    "BatchNormalization": {"beta_initializer": INITIALIZER, "gamma_regularizer": None},
    "Conv2DTranspose": {"groups": 1, "output_padding": None},
    "DepthwiseConv2D": {"groups": 1, "kernel_initializer": INITIALIZER, "kernel_regularizer": None},
    "RandomFlip": {"rng_type": "stateful"},
    "SeparableConv2D": {"groups": 1, "kernel_initializer": INITIALIZER, "kernel_constraint": None},
}
"""What Keras 2 wrote of a layer beside what Keras 3 writes."""


def as_keras_2(file: Path) -> Path:
    """Rewrites what an `.h5` file says of its layers."""
    with h5py.File(file, "r+") as stored:
        config = json.loads(stored.attrs["model_config"])
        for layer in list(_layers(config)):
            _age(layer)
        stored.attrs["model_config"] = json.dumps(config)
        stored.attrs["keras_version"] = "2.15.0"
    return file


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    if isinstance(config, dict):
        if isinstance(config.get("config"), dict) and "class_name" in config:
            yield config
        config = list(config.values())
    if isinstance(config, list):
        for value in config:
            yield from _layers(value)


def _age(layer: dict[str, Any]) -> None:
    kind, config = layer["class_name"], layer["config"]
    config.update(OPTIONS.get(kind, {}))
    if kind == "InputLayer" and "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    if kind == "BatchNormalization":
        config["axis"] = [config["axis"]] if isinstance(config["axis"], int) else config["axis"]
    if kind == "DTypePolicy":
        layer.update(class_name="Policy", module="keras.mixed_precision")
    for ends in ("input_layers", "output_layers"):
        if config.get(ends) and isinstance(config[ends][0], str):
            config[ends] = [config[ends]]
