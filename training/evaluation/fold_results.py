"""Reads the predictions of the models of several folds, each for the faces that it had not seen."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from edge.contract import LABELS
from edge.errors import ConfigError
from edge.system import files as system_files
from training.data.dataset import FaceDataset
from training.data.notes import NO_NOTES, Notes
from training.data.readers import source_of
from training.data.wear import kind_of
from training.evaluation.predictions import ModelPredictions, Predictions, padded, pool, without_thresholds
from training.evaluation.thresholds import DecisionLimits
from training.evaluation.traits import Traits, traits

PREDICTIONS = "predictions.npz"
JUDGED = "judged-faces.npz"
"""What a run that is no fold says of the faces it is judged on; folds are not to be pooled with it."""

_TRAITS = ("sharpness", "brightness", "tone")
_THRESHOLDS = "-thresholds"


def load(folder: Path, limits: DecisionLimits | None = None, said: Notes = NO_NOTES) -> Predictions:
    """Pools the predictions of folds as `pooled` does, with thresholds chosen across folds.

    Args:
        folder: Holds the folds.
        limits: What the thresholds hold; those of the package where None.
        said: Notes on the pictures that were made since.

    Raises:
        ConfigError: There are none, one is damaged, or they do not belong together.
    """
    return noted(pooled(folder), said).cross_thresholds(limits)


def noted(predictions: Predictions, said: Notes) -> Predictions:
    """With the labels that are noted, and without what has a flag; what the models say stays as it is."""
    labels = [
        was if label is None else LABELS.index(label)
        for was, label in zip(predictions.truth, said.relabelled(predictions.keys), strict=True)
    ]
    kept = ~np.fromiter(said.left_out(predictions.keys), bool, len(predictions))
    return replace(predictions, truth=np.array(labels, np.intp)).select(kept)


def pooled(folder: Path) -> Predictions:
    """Pools the predictions of every run folder below a folder.

    Raises:
        ConfigError: There are none, one is damaged, or they do not belong together.
    """
    files = sorted(folder.rglob(PREDICTIONS))
    if not files:
        raise ConfigError(f"{folder} holds no {PREDICTIONS}; make the folds with maskgate-train folds")
    return pool([read(file, number) for number, file in enumerate(files)])


def read(file: Path, fold: int = 0) -> Predictions:
    """What `save` has written, of the models of one fold or of one run.

    Raises:
        ConfigError: It cannot be read.
    """
    try:
        # Folds may come from another machine; a pickle in them could run code.
        with file.open("rb") as raw, np.load(raw, allow_pickle=False) as stored:
            keys = tuple(str(key) for key in stored["keys"])
            columns = [
                (name, np.asarray(stored[name], np.float64)) for name in ("float", "int8") if name in stored
            ]
            nothing = without_thresholds(len(keys))
            measured = Traits.unknown(len(keys))
            if all(name in stored for name in _TRAITS):
                measured = Traits(*(stored[name].astype(np.float64) for name in _TRAITS))
            return Predictions(
                keys=keys,
                truth=stored["truth"].astype(np.intp),
                groups=stored["groups"].astype(np.intp),
                px=stored["px"].astype(np.float64),
                sources=np.array([source_of(key) for key in keys], np.str_),
                kinds=np.array([kind_of(key) for key in keys], np.str_),
                folds=np.full(len(keys), fold, np.intp),
                traits=measured,
                columns=tuple(
                    ModelPredictions(name, padded(shares), stored.get(name + _THRESHOLDS, nothing))
                    for name, shares in columns
                ),
            )
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise ConfigError(f"{file} is damaged or of another version: {error}; run the fold again") from None


def save(predictions: Predictions, file: Path) -> None:
    """Writes predictions in one piece, so that a kill leaves no half file.

    Raises:
        StorageError: They cannot be written.
    """
    told: dict[str, Any] = {column.name: column.shares for column in predictions.columns}
    told |= {
        column.name + _THRESHOLDS: column.thresholds for column in predictions.columns if column.has_threshold
    }
    if np.isfinite(predictions.traits.sharpness).any():
        told |= {name: getattr(predictions.traits, name) for name in _TRAITS}
    out = io.BytesIO()
    np.savez_compressed(
        out,
        keys=np.array(predictions.keys),
        truth=predictions.truth,
        groups=predictions.groups,
        px=predictions.px,
        labels=np.array(LABELS),
        **told,
    )
    system_files.write_atomic(file, out.getvalue())


def with_pictures(predictions: Predictions, material: FaceDataset) -> tuple[Predictions, FaceDataset]:
    """Adds what is measured of the crops, and gives the faces in the order of the predictions.

    Raises:
        ConfigError: The material lacks a face.
    """
    place = {face.record.key: number for number, face in enumerate(material.faces)}
    try:
        order = [place[key] for key in predictions.keys]
    except KeyError as error:
        raise ConfigError(
            f"the split has no face {error}; name the split that the folds were made from"
        ) from None
    ordered = FaceDataset(
        tuple(material.faces[at] for at in order), tuple(material.patches[at] for at in order)
    )
    return replace(predictions, traits=traits(ordered.patches)), ordered
