"""A detector joins a bundle beside its classifier."""

from __future__ import annotations

from pathlib import Path

import pytest

from convert import detector
from edge import bundle
from edge.errors import ModelError


def test_the_detector_and_its_figures_are_in_the_bundle(target: Path, model: Path) -> None:
    """The classifier and what is known of it stay as they were."""
    before = bundle.load(target).manifest
    detector.add(detector.BundledDetector(model, {"recall": 0.9}, "a-run"), target)
    after = bundle.load(target)
    assert after.detector is not None
    assert after.manifest.metrics["detector_recall"] == 0.9
    assert after.manifest.files[bundle.CLASSIFIER] == before.files[bundle.CLASSIFIER]
    assert (after.manifest.version, after.manifest.golden) == (before.version, before.golden)


def test_figures_of_another_detector_do_not_stay(target: Path, model: Path) -> None:
    """Figures belong to the file beside which they stand."""
    detector.add(detector.BundledDetector(model, {"recall": 0.9, "old": 1.0}), target)
    detector.add(detector.BundledDetector(model, {"recall": 0.8}, "b-run"), target)
    assert detector.of(target) == detector.BundledDetector(target / bundle.DETECTOR, {"recall": 0.8}, "b-run")


def test_what_is_no_detector_is_refused(target: Path) -> None:
    """And the bundle stays whole."""
    with pytest.raises(ModelError, match="classifier"):
        detector.add(detector.BundledDetector(target / bundle.CLASSIFIER, {}), target)
    bundle.load(target)
