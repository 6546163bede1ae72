"""Whether a bundle works on this very machine."""

from __future__ import annotations

import pytest

from edge import bundle
from edge.config import ClassifierConfig, Config
from edge.errors import ModelError
from edge.self_test import self_test as tested
from edge.self_test.self_test import SMOKE_SEEDS, self_test
from edge.vision.interpreter import TfliteModel


def test_the_shipped_bundle_works_here() -> None:
    """Every golden answer and every made-up crop was tried."""
    found = self_test(bundle.load(bundle.SHIPPED), Config(classifier=ClassifierConfig(threads=1)))
    assert found.golden == len(bundle.load(bundle.SHIPPED).manifest.golden)
    assert found.crops == len(SMOKE_SEEDS)
    assert found.crop_ms > 0
    assert found.runtime


def test_answers_that_are_no_probabilities_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence names the crop."""
    model = TfliteModel(bundle.load(bundle.SHIPPED).classifier)
    real = model.probabilities
    monkeypatch.setattr(TfliteModel, "probabilities", lambda _self, crop: real(crop) * 2)
    with pytest.raises(ModelError, match=r"made-up crop 1000, which (are no probabilities|do not add up)"):
        tested._one(model, 1000)
