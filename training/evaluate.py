"""Judges a float model or a bundle on the faces of a split."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge import bundle
from edge.classify import Model
from edge.types import ModelError
from training.material import Material
from training.metrics import Figures, Shares, figures

MIN_PX = 20
"""Faces with a smaller side below this, in original pixels, are told apart in every table."""

Predictor = Callable[[NDArray[np.uint8]], Shares]


def open_model(path: Path) -> tuple[Predictor, int]:
    """A function from crops to probabilities, and the side of the crops.

    Args:
        path: A `.keras` file, a `.tflite` file or a bundle directory.

    Raises:
        ModelError: It cannot be opened.
    """
    if path.is_dir():
        return open_model(bundle.load(path).classifier)
    if path.suffix == ".tflite":
        device = Model(path)
        return lambda pixels: np.stack([device.probabilities(crop) for crop in pixels]), device.size
    import keras  # noqa: PLC0415 - a bundle needs no framework

    from training.predict import predict  # noqa: PLC0415

    try:
        model = keras.saving.load_model(path, compile=False)
    except (OSError, ValueError) as error:
        raise ModelError(f"{path} cannot be opened as a Keras model: {str(error).splitlines()[0]}") from None
    return lambda pixels: predict(model, pixels), int(model.input_shape[1])


def judge(predictor: Predictor, size: int, material: Material) -> dict[str, Figures]:
    """Figures on all faces, by source, and on the large enough ones; only slices that hold faces."""
    shares, truth = predictor(material.crops(size)), material.truth()
    sources = np.array([face.record.source for face in material.faces])
    large = np.array([face.record.box.side >= MIN_PX for face in material.faces])
    slices = {"all": np.ones(len(truth), bool), f"all, {MIN_PX} px and more": large}
    for source in np.unique(sources):
        slices[f"{source}s"] = sources == source
        slices[f"{source}s, {MIN_PX} px and more"] = (sources == source) & large
    return {name: figures(truth[mask], shares[mask]) for name, mask in slices.items() if mask.any()}
