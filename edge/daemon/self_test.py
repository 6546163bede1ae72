"""Whether a bundle works on this very machine: opened, self-tested, and run on made-up crops."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from statistics import median

from edge.bundle import Bundle, golden_crop, trust
from edge.config import Config
from edge.daemon import factory
from edge.errors import ModelError
from edge.vision.interpreter import TfliteModel

SMOKE_SEEDS = range(1000, 1016)
"""Made-up crops, none of which the golden self-test has."""

# Shares are floats that were divided by their sum.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What was tried, and the median milliseconds that the classifier took for a crop."""

    golden: int
    crops: int
    crop_ms: float
    runtime: str


def self_test(bundle: Bundle, config: Config) -> SelfTest:
    """Puts a bundle to the test as the daemon would use it.

    Raises:
        ModelError: It is not signed as configured, cannot be opened, or answers nonsense.
    """
    # Before native code reads its models.
    trust.check(bundle, config.classifier.trusted_keys)
    factory.open_detector(config, bundle)
    model = factory.open_classifier(config, bundle).model
    took = [_one(model, seed) for seed in SMOKE_SEEDS]
    return SelfTest(len(bundle.manifest.golden), len(took), median(took), model.runtime)


def _one(model: TfliteModel, seed: int) -> float:
    """Milliseconds for one crop whose answer is a set of probabilities."""
    crop = golden_crop(seed, model.size)
    began = time.perf_counter()
    found = model.probabilities(crop).tolist()
    took = (time.perf_counter() - began) * 1000
    if not all(math.isfinite(p) and -_ROUNDING <= p <= 1 + _ROUNDING for p in found):
        raise ModelError(f"{model.path} answers {found} for made-up crop {seed}, which are no probabilities")
    if abs(sum(found) - 1) > _ROUNDING:
        raise ModelError(f"{model.path} answers {found} for made-up crop {seed}, which do not add up to one")
    return took
