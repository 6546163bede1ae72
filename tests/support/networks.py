"""Writes the networks of the tests: `python -m tests.support.networks FOLDER`, in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from training import framework

framework.load_framework(1)

import keras  # noqa: E402 - the framework is loaded quietly first
import numpy as np  # noqa: E402
from keras import layers  # noqa: E402

from convert import quantize  # noqa: E402
from edge import bundle  # noqa: E402
from edge.contract import LABELS  # noqa: E402
from tests.support import bundles  # noqa: E402
from tests.support.convert import material  # noqa: E402
from training.data.manifest import SplitManifest, SplitPart  # noqa: E402

SIZE = 96


def small(scale: tuple[float, float] | None = (1 / 127.5, -1.0)) -> Any:
    """A small network as somebody writes it by hand, not trained."""
    scaling = [] if scale is None else [layers.Rescaling(*scale)]
    body = [
        layers.Conv2D(8, 3, strides=2, activation="relu"),
        layers.DepthwiseConv2D(3, activation="relu"),
        layers.Conv2D(16, 3, strides=2, activation="relu"),
        layers.Conv2D(24, 3, strides=2, activation="relu"),
        layers.GlobalMaxPooling2D(),
        layers.Dense(3, activation="softmax", name="probabilities"),
    ]
    return keras.Sequential([keras.Input((SIZE, SIZE, 3)), *scaling, *body])


def train(where: Path) -> None:
    """The trained network with its split, its likenesses, and bundles with faults of conversion."""
    keras.utils.set_random_seed(1)
    (where / "pictures").mkdir()
    (where / "run").mkdir()
    faces = material(folder=where / "pictures")
    training = faces.of(SplitPart.TRAIN)
    crops, truth = training.crops(SIZE), training.truth()
    model = small()
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy")
    model.fit(crops.astype("float32"), truth, epochs=12, batch_size=16, verbose=0)
    model.save(where / "run" / "model.keras")
    model.save(where / "model.h5")
    (where / "run" / "split.json").write_text(SplitManifest.of(faces.faces, 1, "f" * 64).model_dump_json())
    likenesses(model, where)
    one_class_only(model, crops[truth == 1], where / "unbalanced")


def likenesses(model: Any, where: Path) -> None:
    """The same weights with outputs in another order, colours in another order, other scalings, a NaN."""
    first, *rest = weights = model.get_weights()
    kernel, bias = weights[-2:]
    order = [1, 2, 0]
    _write(small(), [*weights[:-2], kernel[:, order], bias[order]], where / "shuffled.keras")
    _write(small(), [first[:, :, ::-1], *rest], where / "bgr.keras")
    _write(small((1 / 255, 0.0)), weights, where / "misscaled.keras")
    _write(small(None), weights, where / "unscaled.keras")
    broken = bias.copy()
    broken[1] = np.nan
    _write(small(), [*weights[:-1], broken], where / "nan.keras")


def _write(likeness: Any, weights: list[Any], file: Path) -> None:
    likeness.set_weights(weights)
    likeness.save(file)


def one_class_only(model: Any, crops: Any, target: Path) -> None:
    """A bundle whose ranges come from bare faces alone."""
    target.mkdir()
    (target / bundle.CLASSIFIER).write_bytes(quantize.to_int8(model, crops))
    told = {f"representative_{label.value}": 0.0 for label in LABELS}
    told["representative_without_mask"] = float(len(crops))
    bundle.write_manifest(
        target,
        version="1.0",
        labels=list(LABELS),
        input={"size": SIZE},
        metrics=told,
        golden=bundles.golden(1, 0, 0),
    )


if __name__ == "__main__":
    train(Path(sys.argv[1]))
