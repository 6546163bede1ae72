"""Whether a bundle works on this very machine: opened, self-tested, and run on made-up crops and frames.

A damaged model of the right hash can end the process that opens it. So it is tried in a process of its own.
`python -m edge.daemon.self_test BUNDLE` takes a configuration as JSON and answers with figures or an error.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

from edge.bundle import Bundle, golden_crop, load, trust
from edge.config import Config
from edge.contract import FEWEST_GOLDEN
from edge.daemon import factory
from edge.errors import ModelError
from edge.types import Box, Face, Frame
from edge.vision.classifier import TfliteClassifier
from edge.vision.interpreter import TfliteModel, find_runtime

SMOKE_SEEDS = range(1000, 1016)
"""Made-up crops, none of which the golden self-test has."""
FRAMES = 3
PATIENCE_S = 120.0

# Shares are floats that were divided by their sum.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What was tried, and the median milliseconds that the classifier took for a crop."""

    golden: int
    crops: int
    crop_ms: float
    runtime: str


def admit(bundle: Bundle, config: Config) -> SelfTest:
    """Puts a bundle to the test that comes from elsewhere; raises like `self_test`.

    Raises:
        ModelError: It has too few golden answers to prove anything.
    """
    golden = len(bundle.manifest.golden)
    if golden < FEWEST_GOLDEN:
        raise ModelError(
            f"{bundle.path} has {golden} golden answers, fewer than {FEWEST_GOLDEN}; convert the model again"
        )
    return self_test(bundle, config)


def self_test(bundle: Bundle, config: Config) -> SelfTest:
    """Puts a bundle to the test as the daemon would use it.

    Raises:
        ModelError: It is not signed as configured, cannot be opened, answers nonsense, or ends its process.
        MissingExtraError: No interpreter is installed.
    """
    # Before native code reads its models.
    trust.check(bundle, config.classifier.trusted_keys)
    find_runtime(config.classifier.interpreter)
    command = [sys.executable, "-m", "edge.daemon.self_test", str(bundle.path)]
    order = config.model_dump_json().encode()
    try:
        done = subprocess.run(command, input=order, capture_output=True, check=False, timeout=PATIENCE_S)  # noqa: S603
    except subprocess.TimeoutExpired:
        raise ModelError(
            f"{bundle.path} was not tried within {PATIENCE_S:.0f} s on this machine; install another bundle"
        ) from None
    if done.returncode not in (0, ModelError.exit_code):
        raise ModelError(
            f"{bundle.path} ended the process that tried it ({_ending(done.returncode)}): one of its models "
            "is damaged; install another bundle"
        )
    answer = json.loads(done.stdout)
    if done.returncode:
        raise ModelError(answer)
    return SelfTest(**answer)


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def try_models(bundle: Bundle, config: Config) -> SelfTest:
    """Opens and runs the models of a bundle in this process.

    Raises:
        ModelError: They cannot be opened, or answer nonsense.
    """
    detector = factory.open_detector(config, bundle)
    classifier = factory.open_classifier(config, bundle)
    took = [_one(classifier.model, seed) for seed in SMOKE_SEEDS]
    for seed in range(FRAMES):
        frame = _frame(seed, config.camera.width, config.camera.height)
        _judge(classifier, frame, detector.detect(frame))
    return SelfTest(len(bundle.manifest.golden), len(took), median(took), classifier.model.runtime)


def _frame(seed: int, width: int, height: int) -> Frame:
    """A made-up frame of the camera's size, with the cartoon of a face in its middle."""
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    side = min(width, height) // 2
    left, top = (width - side) // 2, (height - side) // 2
    pixels[top : top + side, left : left + side] = golden_crop(seed, side, "face")
    return Frame(seed, pixels, 0.0, 0.0)


def _judge(classifier: TfliteClassifier, frame: Frame, faces: tuple[Face, ...]) -> None:
    """Cuts and judges the faces that were found, one that was not, and one that is partly outside."""
    width, height = frame.size
    side = min(width, height) / 2
    made_up = (
        Box((width - side) / 2, (height - side) / 2, side, side),
        Box(-side / 2, -side / 2, side, side),
    )
    classifier.classify(frame, (*faces, *(Face(box, 1.0) for box in made_up)))


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


def main(folder: Path) -> int:
    """Tries a bundle for whoever started this process; gives the exit code."""
    try:
        print(json.dumps(asdict(try_models(load(folder), Config.model_validate_json(sys.stdin.read())))))  # noqa: T201
    except ModelError as error:
        print(json.dumps(str(error)))  # noqa: T201
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
