"""Judging models on a split, with the bundle that ships and images that the tests draw."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge import bundle
from training.data.dataset import load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation.evaluate import EvaluatedModel, on_split


def test_every_face_of_the_part_is_judged_once(split: Path) -> None:
    """The evidence holds the test faces, as the manifest names them, and what the bundle says of each."""
    material = load_material(SplitManifest.load(split), split.parent / "cache")
    found = on_split([EvaluatedModel("int8", bundle.SHIPPED)], material, SplitPart.TEST)
    faces = [face for face in material.faces if face.part is SplitPart.TEST]
    assert found.keys == tuple(face.record.key for face in faces)
    assert found.columns[0].shares.sum(axis=1) == pytest.approx(np.ones(len(faces)))
    assert found.columns[0].has_threshold
    assert np.isfinite(found.traits.sharpness).all()
