"""Puts a face detector into a bundle beside its classifier."""

from __future__ import annotations

import shutil
from pathlib import Path

from edge import bundle
from edge.config import Detector
from edge.detect import YuNetDetector

PREFIX = "detector_"
"""How the detector's figures are told from the classifier's in a manifest."""


def add(model: Path, figures: dict[str, float], directory: Path) -> bundle.Manifest:
    """Copies a detector into a bundle and writes its figures into the manifest.

    Args:
        model: An ONNX file with YuNet's outputs.
        figures: What was measured; each stands in the manifest as `detector_<name>`.
        directory: A valid bundle.

    Returns:
        The new manifest.

    Raises:
        ModelError: The detector does not run, or the bundle is damaged.
    """
    YuNetDetector(model, Detector())
    old = bundle.load(directory).manifest
    metrics = {name: value for name, value in old.metrics.items() if not name.startswith(PREFIX)}
    metrics |= {f"{PREFIX}{name}": value for name, value in figures.items()}
    if model.resolve() != (directory / bundle.DETECTOR).resolve():
        shutil.copyfile(model, directory / bundle.DETECTOR)
    fields = old.model_dump(mode="json", exclude={"files", "digest", "schema_version", "metrics"})
    return bundle.write_manifest(directory, **fields, metrics=metrics)


def figures_of(manifest: bundle.Manifest) -> dict[str, float]:
    """The detector's figures in a manifest, which a new classifier beside it leaves as they are."""
    return {name: value for name, value in manifest.metrics.items() if name.startswith(PREFIX)}
