"""Whether a bundle works on this very machine: opened, self-tested, run on made-up crops and on frames.

A damaged model of the right hash can end the process that opens it. So it is tried in a process of its own.
`python -m edge.self_test.self_test BUNDLE DETECTOR` takes a configuration as JSON. It answers with the model
that begins, and at the end with figures or an error.
"""

from __future__ import annotations

import json
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

from edge.bundle import SHIPPED, Bundle, golden_crop, load, trust
from edge.config import CameraConfig, Config, with_models
from edge.contract import FEWEST_GOLDEN
from edge.errors import ModelError
from edge.self_test.proof_frames import boxes_in, proof_frames
from edge.vision.interpreter import TfliteModel, find_runtime
from edge.vision.opening import find_detector, open_classifier, open_detector

SMOKE_SEEDS = range(1000, 1016)
"""Made-up crops, none of which the golden self-test has."""
PATIENCE_S = 300.0
"""A slow board takes a tenth of this."""

# Shares are floats that were divided by their sum.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class SelfTest:
    """What was tried, and the median milliseconds that the classifier took for a crop."""

    golden: int
    crops: int
    frames: int
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
    done = _try_elsewhere(bundle, config)
    answer = json.loads(done.stdout.splitlines()[-1])
    if done.returncode:
        raise ModelError(answer)
    return SelfTest(**answer)


def survive(bundle: Bundle, config: Config) -> None:
    """Has a bundle that may never have run here tried before this process opens it.

    What is wrong with it otherwise is said by whoever opens it.

    Raises:
        ModelError: It is not signed as configured, or ends the process that runs it.
        MissingExtraError: No interpreter is installed.
    """
    if bundle.path.resolve() != SHIPPED.resolve() or config.detector.model:
        _try_elsewhere(bundle, config)


def _try_elsewhere(bundle: Bundle, config: Config) -> subprocess.CompletedProcess[bytes]:
    """Tries a bundle in another process, which ends in good order."""
    # Before native code reads its models.
    trust.check(bundle, config.classifier.trusted_keys)
    find_runtime(config.classifier.interpreter)
    # -P: what lies in the directory that this is started in is none of the program's modules.
    command = [
        sys.executable,
        "-P",
        "-m",
        "edge.self_test.self_test",
        str(bundle.path),
        config.detector.model,
    ]
    order = _settings(config).encode()
    try:
        done = subprocess.run(command, input=order, capture_output=True, check=False, timeout=PATIENCE_S)  # noqa: S603
    except subprocess.TimeoutExpired as error:
        raise ModelError(
            f"{_at_work(bundle, error.stdout)} was not tried within {PATIENCE_S:.0f} s on this machine; "
            "install another one"
        ) from None
    if done.returncode not in (0, ModelError.exit_code):
        raise ModelError(
            f"{_at_work(bundle, done.stdout)} ended the process that tried it ({_ending(done.returncode)}) "
            "and is damaged; install another one"
        )
    return done


def _settings(config: Config) -> str:
    """What the other process needs of the configuration: no address, no password, and no path.

    Names of files may be no UTF-8, which JSON cannot say; they are arguments.
    """
    camera = config.camera
    size = CameraConfig(width=camera.width, height=camera.height, fps=camera.fps)
    detector = config.detector.model_copy(update={"model": ""})
    classifier = config.classifier.model_copy(update={"bundle": "", "trusted_keys": ()})
    return Config(camera=size, detector=detector, classifier=classifier).model_dump_json()


def _at_work(bundle: Bundle, said: bytes | None) -> object:
    """The model that began last."""
    begun = [json.loads(line) for line in (said or b"").splitlines()]
    return begun[-1] if begun else bundle.path


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def try_models(bundle: Bundle, config: Config, begin: Callable[[Path], None]) -> SelfTest:
    """Opens and runs the models of a bundle in this process.

    Args:
        bundle: What is to be tried.
        config: Detector, interpreter and size of the camera's frames.
        begin: Is told of a model before it does anything.

    Raises:
        ModelError: They cannot be opened, fail on a frame, or answer nonsense.
    """
    begin(find_detector(config, bundle))
    detector = open_detector(config, bundle)
    found = [detector.detect(frame) for frame in proof_frames(config.camera)]
    begin(bundle.classifier)
    classifier = open_classifier(config, bundle)
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


def main(folder: Path, detector: str) -> int:
    """Tries a bundle for whoever started this process; gives the exit code.

    `detector` is the one that is configured; empty where none is.
    """
    config = with_models(
        Config.model_validate_json(sys.stdin.read()), None, Path(detector) if detector else None
    )
    try:
        _say(asdict(try_models(load(folder), config, lambda file: _say(str(file)))))
    except ModelError as error:
        _say(str(error))
        return error.exit_code
    return 0


def _say(value: object) -> None:
    print(json.dumps(value), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
