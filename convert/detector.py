"""Puts a face detector into a bundle beside its classifier."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from edge import bundle
from edge.config import DetectorConfig as Settings
from edge.vision.detector import YuNetDetector

PREFIX = "detector_"
"""What distinguishes the detector's figures from the classifier's in a manifest."""


@dataclass(frozen=True, slots=True)
class BundledDetector:
    """A face detector (an ONNX file with YuNet's outputs), what was measured of it, and its training run."""

    model: Path
    figures: dict[str, float]
    run: str = ""


def add(detector: BundledDetector, directory: Path, version: str | None = None) -> bundle.Manifest:
    """Copies a detector into a bundle; each figure stands in the manifest as `detector_<name>`.

    Args:
        detector: What to copy, and what to note of it.
        directory: The bundle.
        version: What the bundle is called from now on; None leaves its name.

    Returns:
        The new manifest.

    Raises:
        ModelError: The detector does not run, or the bundle is damaged.
    """
    # Opened before anything is written: a file that is no detector leaves the bundle whole.
    YuNetDetector(detector.model, Settings())
    old = bundle.load(directory).manifest
    # Figures of a detector that is replaced must not stay beside the new one.
    metrics = {name: value for name, value in old.metrics.items() if not name.startswith(PREFIX)}
    metrics |= {f"{PREFIX}{name}": value for name, value in detector.figures.items()}
    target = directory / bundle.DETECTOR
    # `copyfile` refuses to copy a file onto itself.
    if detector.model.resolve() != target.resolve():
        shutil.copyfile(detector.model, target)
    fields = old.own_fields() | {"metrics": metrics, "detector_run": detector.run}
    if version is not None:
        fields["version"] = version
    return bundle.write_manifest(directory, **fields)


def of(directory: Path) -> BundledDetector | None:
    """The detector of a bundle; None where it has none, or there is no bundle yet."""
    if not (directory / bundle.DETECTOR).is_file():
        return None
    loaded = bundle.load(directory)
    figures = {
        name.removeprefix(PREFIX): value
        for name, value in loaded.manifest.metrics.items()
        if name.startswith(PREFIX)
    }
    return BundledDetector(directory / bundle.DETECTOR, figures, loaded.manifest.detector_run)
