"""Opens networks that are stored in files: by Keras 3, and by Keras 2 as HDF5.

Keras 3 refuses a layer with an option that it does not know, and Keras 2 wrote all options of all
layers. Those that say what Keras 3 does anyway are left out.
"""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from edge.errors import ModelError
from edge.system.parsing import parse_json

SUFFIXES = {b"PK\x03\x04": ".keras", b"\x89HDF": ".h5"}
"""Kinds of files, by how they begin; their names may end otherwise."""
NAMES = (".keras", ".h5", ".hdf5")

_WITHOUT_EFFECT: dict[str, tuple[Any, ...]] = {
    "groups": (1,),
    "rng_type": ("stateful", "legacy_stateful", "stateless", None),
    "experimental_autocast": (True, False),
    "renorm": (False,),
    "fused": (True, False, None),
    "virtual_batch_size": (None,),
}
"""Options of Keras 2 and the values with which they change nothing in an answer."""

_OF_TRAINING = ("_initializer", "_regularizer", "_constraint")
"""How options end that matter to a training alone."""

_TAKING_GROUPS = ("Conv1D", "Conv2D", "Conv3D")

_SENTENCES = {
    "OpLambda": (
        "it computes with functions of TensorFlow between its layers, which Keras 3 does not read; build it "
        "with layers alone, such as Rescaling in place of preprocess_input, and save it again"
    ),
    "`Lambda` layer": (
        "it holds a Lambda layer, whose code is not run; put a layer such as Rescaling in its place and "
        "save it again"
    ),
    "No model config": "it holds weights alone; save the whole network, with model.save",
}
"""What to say instead of words in Keras' own messages."""


def is_network(file: Path) -> bool:
    """Whether a file means to be a stored network, by its name or its first bytes."""
    return file.suffix in NAMES or _suffix(file) != ""


def load(file: Path) -> Any:
    """Opens a network.

    Raises:
        ModelError: It cannot be opened; the sentence says why, and what to do.
    """
    import keras  # noqa: PLC0415 - a bundle needs no framework

    suffix = _suffix(file)
    if not suffix:
        raise ModelError(f"{file} cannot be opened as a Keras model: it is no .keras and no .h5 file")
    with TemporaryDirectory(prefix="maskgate-") as folder:
        named = Path(folder) / f"network{suffix}"
        try:
            if suffix == ".h5":
                _write_modern(file, named)
            else:
                # Keras goes by the ending of a name, which this link has.
                named.symlink_to(file.resolve())
            # Not compiled: answers need neither the optimiser nor a loss of our own.
            return keras.saving.load_model(named, compile=False)
        except Exception as error:  # Keras raises what its many readers raise
            raise ModelError(f"{file} cannot be opened as a Keras model: {_reason(file, error)}") from None


def _suffix(file: Path) -> str:
    """What the name of such a file should end in; empty where it is no network."""
    try:
        with file.open("rb") as raw:
            start = raw.read(4) if file.is_file() else b""
    except OSError:
        return ""
    return SUFFIXES.get(start, "")


def _write_modern(file: Path, copy: Path) -> None:
    """Copies an HDF5 file and leaves out of its configuration what Keras 3 does not know."""
    import h5py  # noqa: PLC0415 - comes with Keras

    # The file itself is somebody else's and stays as it is.
    shutil.copyfile(file, copy)
    with h5py.File(copy, "r+") as stored:
        if "model_config" not in stored.attrs:
            return
        config = json.loads(stored.attrs["model_config"])
        for layer in _layers(config):
            layer["config"] = _modern(layer["class_name"], layer["config"])
        names = {str(layer["config"].get("name")) for layer in _layers(config)}
        # Keras 3 takes no slash in the name of a layer.
        new_names = {name: name.replace("/", "_") for name in names if "/" in name}
        stored.attrs["model_config"] = json.dumps(_renamed(config, new_names))


def _layers(config: Any) -> Iterator[dict[str, Any]]:
    """Everything in a configuration that has a class and a configuration of its own."""
    if isinstance(config, dict):
        if isinstance(config.get("class_name"), str) and isinstance(config.get("config"), dict):
            yield config
        for value in config.values():
            yield from _layers(value)
    elif isinstance(config, list):
        for value in config:
            yield from _layers(value)


def _modern(kind: str, config: dict[str, Any]) -> dict[str, Any]:
    """A layer's configuration without options that change nothing, and in 32 bits, as its weights are."""
    kept = {
        name: value
        for name, value in config.items()
        if (name == "groups" and kind in _TAKING_GROUPS)
        or not (name.endswith(_OF_TRAINING) or value in _WITHOUT_EFFECT.get(name, ()))
    }
    if isinstance(kept.get("dtype"), dict):
        kept["dtype"] = "float32"
    if kind == "BatchNormalization" and isinstance(axis := kept.get("axis"), list) and len(axis) == 1:
        kept["axis"] = axis[0]
    for ends in ("input_layers", "output_layers"):
        if len(kept.get(ends, ())) == 1 and isinstance(kept[ends][0], list):
            kept[ends] = kept[ends][0]
    return kept


def _renamed(config: Any, new_names: Mapping[str, str]) -> Any:
    """A configuration in which layers have other names, also where other layers refer to them."""
    if isinstance(config, dict):
        return {key: _renamed(value, new_names) for key, value in config.items()}
    if isinstance(config, list):
        return [_renamed(value, new_names) for value in config]
    return new_names.get(config, config) if isinstance(config, str) else config


def _reason(file: Path, error: Exception) -> str:
    version = _version_of_archive(file)
    if version.startswith("2."):
        return (
            f"Keras {version} wrote it in a form that Keras 3 does not read; "
            "save it from there as HDF5, with model.save('model.h5')"
        )
    message = str(error)
    for words, sentence in _SENTENCES.items():
        if words in message:
            return sentence
    cause = message.partition("Exception encountered:")[2] or message
    return (cause.strip().splitlines() or [type(error).__name__])[0][:300]


def _version_of_archive(file: Path) -> str:
    """The version of Keras that wrote a `.keras` file; empty where it does not say."""
    try:
        with zipfile.ZipFile(file) as archive:
            return str(parse_json(archive.read("metadata.json"))["keras_version"])
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
        return ""
