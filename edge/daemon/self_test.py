"""Whether a bundle works on this very machine: opened, self-tested, run on made-up crops and whole frames.

`edge.daemon.proof` starts it as `python -m edge.daemon.self_test BUNDLE`, with the configuration on standard
input, because what a model file holds can end the process that runs it.
"""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from edge import bundle as bundles
from edge.bundle import Bundle, golden_crop
from edge.config import Config
from edge.daemon import factory
from edge.daemon.proof_frames import boxes_in, proof_frames
from edge.errors import MaskGateError, ModelError
from edge.vision.interpreter import TfliteModel

SMOKE_SEEDS = range(1000, 1016)
"""Made-up crops, none of which the golden self-test has."""

_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What was tried, and the median milliseconds that the classifier took for a crop."""

    golden: int
    crops: int
    frames: int
    crop_ms: float
    runtime: str


def _quiet(_file: Path) -> None:
    pass


def self_test(bundle: Bundle, config: Config, begin: Callable[[Path], None] = _quiet) -> SelfTest:
    """Puts a bundle to the test as the daemon would use it.

    Args:
        bundle: What is to be tried.
        config: Detector, interpreter and size of the camera's frames.
        begin: Is told of a model before it does anything.

    Raises:
        ModelError: It cannot be opened, fails on a frame, or answers nonsense.
    """
    begin(factory.find_detector(config, bundle))
    detector = factory.open_detector(config, bundle)
    found = [detector.detect(frame) for frame in proof_frames(config.camera)]
    begin(bundle.classifier)
    classifier = factory.open_classifier(config, bundle)
    model = classifier.model
    took = [_one(model, seed) for seed in SMOKE_SEEDS]
    for frame, faces in zip(proof_frames(config.camera), found, strict=True):
        for seen in classifier.classify(frame, (*faces, *boxes_in(frame))):
            _check(model, seen.probabilities, f"a crop of frame {frame.index}")
    return SelfTest(len(bundle.manifest.golden), len(took), len(found), median(took), model.runtime)


def _one(model: TfliteModel, seed: int) -> float:
    """Milliseconds for one crop whose answer is a set of probabilities."""
    crop = golden_crop(seed, model.size)
    began = time.perf_counter()
    found = model.probabilities(crop).tolist()
    took = (time.perf_counter() - began) * 1000
    _check(model, found, f"made-up crop {seed}")
    return took


def _check(model: TfliteModel, found: Sequence[float], where: str) -> None:
    if not all(math.isfinite(p) and -_ROUNDING <= p <= 1 + _ROUNDING for p in found):
        raise ModelError(f"{model.path} answers {list(found)} for {where}, which are no probabilities")
    if abs(sum(found) - 1) > _ROUNDING:
        raise ModelError(f"{model.path} answers {list(found)} for {where}, which do not add up to one")


def main(path: Path) -> None:
    """Says on standard output which model begins, and at the end what was found or what is wrong."""
    config = Config.model_validate_json(sys.stdin.read())
    try:
        found = asdict(self_test(bundles.load(path), config, lambda file: _say({"begins": str(file)})))
    except MaskGateError as error:
        found = {"problem": str(error)}
    _say(found)


def _say(value: dict[str, object]) -> None:
    print(json.dumps(value), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]))
