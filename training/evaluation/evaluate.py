"""Evaluates float models and bundles on labelled faces."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge import bundle
from edge.config import Config
from edge.errors import ConfigError, ModelError
from edge.self_test import self_test
from edge.types import Probabilities
from edge.vision.interpreter import TfliteModel
from training.classifier import stored
from training.classifier.run import WEIGHTS
from training.data.dataset import FaceDataset
from training.data.manifest import SplitPart
from training.evaluation.predictions import Predictions, gather
from training.evaluation.slices import main_slices
from training.evaluation.thresholds import DecisionLimits, load_limits
from training.evaluation.traits import Traits, traits
from training.metrics import ClassifierFigures, Shares, figures

Predictor = Callable[[NDArray[np.uint8]], Shares]

BUNDLE = "bundle"
"""Folder in a run folder that its int8 bundle may stand in."""


NO_THRESHOLDS: Probabilities = (math.nan, math.nan, math.nan)
"""Of a model that has none: the likeliest label is its answer."""


@dataclass(frozen=True, slots=True)
class EvaluatedModel:
    """A model to evaluate: the name of its column and its file or bundle folder."""

    name: str
    path: Path


def candidates(paths: Sequence[Path]) -> tuple[EvaluatedModel, ...]:
    """What the paths hold: models, bundles, or run folders with a float model and perhaps a bundle.

    Columns are named "float" and "int8", with the path behind it where several would be called alike.

    Raises:
        ModelError: A path holds no model.
    """
    found = [model for path in paths for model in _models_in(path)]
    kinds = ["float" if stored.is_network(model) else "int8" for model in found]
    if len(set(kinds)) < len(kinds):
        kinds = [f"{kind} {_short(model)}" for kind, model in zip(kinds, found, strict=True)]
    return tuple(EvaluatedModel(kind, model) for kind, model in zip(kinds, found, strict=True))


def _short(model: Path) -> str:
    return model.parent.name if model.name in (WEIGHTS, BUNDLE) else model.name


def _models_in(path: Path) -> list[Path]:
    if not path.is_dir() or (path / bundle.MANIFEST).exists():
        return [path]
    found = [file for file in (path / WEIGHTS, path / BUNDLE) if file.exists()]
    if not found:
        raise ModelError(f"{path} is neither a bundle nor a run folder with a {WEIGHTS}")
    return found


def open_model(path: Path) -> tuple[Predictor, int]:
    """A function from crops to probabilities, and the side of the crops.

    Args:
        path: A Keras file, a `.tflite` file or a bundle, packed or as a directory.

    Raises:
        ModelError: It cannot be opened.
    """
    if stored.is_network(path):
        from training.classifier.inference import predict  # noqa: PLC0415 - a bundle needs no framework

        model = stored.load(path)
        return lambda pixels: predict(model, pixels), int(model.input_shape[1])
    device = _device_model(path)
    return lambda pixels: np.stack([device.probabilities(crop) for crop in pixels]), device.size


def _device_model(path: Path) -> TfliteModel:
    if path.suffix == ".tflite":
        return TfliteModel(path)
    # An open model stays readable when the place where its bundle was unpacked is gone.
    with bundle.opened(path) as found:
        self_test.survive(found, Config())
        return TfliteModel(found.classifier)


def classes(path: Path) -> int:
    """How many labels a model knows.

    Args:
        path: As for `open_model`.

    Raises:
        ModelError: It cannot be opened.
    """
    if stored.is_network(path):
        return int(stored.load(path).output_shape[-1])
    return _device_model(path).classes


def on_faces(models: Sequence[EvaluatedModel], material: FaceDataset, measure: bool = True) -> Predictions:
    """What the models say of all the faces of the material.

    Args:
        models: A column each.
        material: At least one face.
        measure: Whether to measure the crops, too, for the slices.

    Raises:
        ModelError: A model cannot be opened.
        ConfigError: There is no face.
    """
    if not material.faces:
        raise ConfigError("there is no face to judge in this part of the data")
    answers = []
    for one in models:
        predictor, size = open_model(one.path)
        answers.append((one.name, predictor(material.crops(size))))
    measured = traits(material.patches) if measure else Traits.unknown(len(material.faces))
    return gather(material.faces, measured, answers)


def on_split(
    models: Sequence[EvaluatedModel],
    material: FaceDataset,
    part: SplitPart,
    limits: DecisionLimits | None = None,
) -> Predictions:
    """Evaluates on one part; thresholds come from the bundle, or else from the validation part.

    Args:
        models: A column each.
        material: All faces of the split.
        part: Which of them are evaluated.
        limits: What thresholds hold that are chosen here; those of the package where None.

    Raises:
        ModelError: A model cannot be opened.
        ConfigError: The part is empty.
    """
    predictions = on_faces(models, material.of(part))
    chosen = [shipped_thresholds(one.path) for one in models]
    validation = material.of(SplitPart.VALIDATION)
    # A threshold is never chosen on the faces that it is reported on.
    if part is not SplitPart.VALIDATION and validation.faces and NO_THRESHOLDS in chosen:
        # Sharpness, brightness and tone play no part in a threshold.
        tried = on_faces(models, validation, measure=False)
        everybody, held = np.ones(len(tried), bool), limits or load_limits()
        chosen = [
            tried.chosen_thresholds(column, everybody, held) if own is NO_THRESHOLDS else own
            for own, column in zip(chosen, tried.columns, strict=True)
        ]
    return predictions.with_thresholds(chosen)


def on_all(models: Sequence[EvaluatedModel], material: FaceDataset) -> Predictions:
    """Evaluates on all faces, whatever part they belong to, at the thresholds of the bundles."""
    return on_faces(models, material).with_thresholds([shipped_thresholds(one.path) for one in models])


def shipped_thresholds(path: Path) -> Probabilities:
    """Those of a bundle, as a device applies them; `NO_THRESHOLDS` where there are none."""
    if stored.is_network(path) or path.suffix == ".tflite":
        return NO_THRESHOLDS
    with bundle.opened(path) as found:
        return found.manifest.answer_thresholds if found.manifest.thresholds else NO_THRESHOLDS


def figures_by_source(predictor: Predictor, size: int, material: FaceDataset) -> dict[str, ClassifierFigures]:
    """Figures on the main slices of the material."""
    nothing = Traits.unknown(len(material.faces))
    told = gather(material.faces, nothing, [("", predictor(material.crops(size)))])
    return {
        one.name: figures(told.truth[one.mask], told.columns[0].shares[one.mask]) for one in main_slices(told)
    }
