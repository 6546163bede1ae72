"""Made-up crops are the same everywhere, and faces look like what they show."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest

from edge import bundle
from edge.bundle import golden
from edge.contract import LABELS
from edge.vision.interpreter import TfliteModel


def digest(kind: golden.Kind, size: int) -> str:
    """Of the first fifty crops of a kind."""
    crops = [golden.crop(kind, seed, size).tobytes() for seed in range(50)]
    return hashlib.sha256(b"".join(crops)).hexdigest()[:16]


@pytest.mark.parametrize(
    ("kind", "size", "expected"),
    [
        ("blobs", 128, "a131e2083b415692"),
        ("face", 96, "01253feb8dd6a66c"),
        ("face", 128, "63461ecb23191446"),
        ("face", 224, "88f1b615c1baa825"),
    ],
)
def test_crops_never_change(kind: golden.Kind, size: int, expected: str) -> None:
    """Bundles hold seeds only, so another drawing would fail the self-test of every bundle there is."""
    assert digest(kind, size) == expected


def test_crops_differ() -> None:
    """From seed to seed and from kind to kind."""
    crops = {golden.crop(kind, seed, 96).tobytes() for kind in ("blobs", "face") for seed in range(50)}
    assert len(crops) == 100


def test_drawn_faces_bring_out_every_label() -> None:
    """The shipped model is sure of each label for some of the first five hundred."""
    model = TfliteModel(bundle.SHIPPED / bundle.CLASSIFIER)
    shares = np.stack([model.probabilities(golden.crop("face", seed, model.size)) for seed in range(500)])
    sure = shares[shares.max(axis=1) >= 0.9].argmax(axis=1)
    assert set(sure) == set(range(len(LABELS)))
