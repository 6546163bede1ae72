"""Figures in the manifest of a bundle."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge import bundle
from tests.support.convert import Trained

pytestmark = pytest.mark.slow


def test_the_manifest_tells_where_the_bundle_comes_from(trained: Trained, converted: Path) -> None:
    """Version, run, data, tools, what set its ranges, and how near it is to the float model."""
    manifest = bundle.load(converted).manifest
    assert (manifest.version, manifest.training_run) == ("1.2.0", "run")
    assert manifest.dataset_fingerprint == "f" * 64
    assert {"maskgate", "keras", "ai-edge-litert"} <= set(manifest.tools)
    assert manifest.metrics["representative_with_mask"] == 72
    assert manifest.metrics["parity_agreement"] == 1
    low, high = manifest.intervals["macro_f1"]
    assert low <= manifest.metrics["macro_f1"] <= high
