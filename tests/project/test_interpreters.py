"""A bundle gives the same answers in every interpreter that a device may have, each in its own process."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import bundle
from edge.config import DetectorConfig
from edge.contract import LABELS, cut, square_around
from edge.demo import CLIP
from edge.types import Frame
from edge.vision.detector import YuNetDetector
from tests.support.paths import ROOT

TFLITE = ROOT / ".venv-tflite" / "bin"
FRAMES = (30, 40, 50, 100, 110, 150, 160, 170, 210, 240)
TOLERANCE = 0.1
"""Largest difference in a probability. The kernels of tflite-runtime round int8 sums otherwise."""

CLASSIFY = """
import json, sys
from importlib.metadata import version
import cv2
from edge import bundle
from edge.vision.classifier import TfliteClassifier
from edge.contract import whole_image_box
from edge.types import Face, Frame

runtime, *pictures = sys.argv[1:]
classifier = TfliteClassifier(bundle.load(bundle.SHIPPED), runtime)
shares = []
for picture in pictures:
    image = cv2.imread(picture)
    (seen,) = classifier.classify(Frame(0, image, 0.0, 0.0), (Face(whole_image_box(image), 1.0),))
    shares.append(seen.probabilities)
print(json.dumps([classifier.model.runtime, version("numpy"), shares]))
"""

needs_tflite = pytest.mark.skipif(
    not TFLITE.exists(), reason="no .venv-tflite: `make test` makes it where there is a Python 3.11"
)


@dataclass(frozen=True)
class Answers:
    """What one interpreter says: its name, the numpy beside it, (pictures, labels) probabilities."""

    runtime: str
    numpy: str
    shares: np.ndarray


def answers(python: Path, runtime: str, pictures: list[Path]) -> Answers:
    """Classifies pictures with the shipped bundle in another process."""
    run = subprocess.run(
        [python, "-c", CLASSIFY, runtime, *pictures],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert run.returncode == 0, run.stderr
    found, numpy, shares = json.loads(run.stdout.splitlines()[-1])
    return Answers(found, numpy, np.array(shares))


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Faces of the demo's clip as the device cuts them: masked, bare and worn wrongly, as files."""
    folder = tmp_path_factory.mktemp("pictures")
    detector = YuNetDetector(bundle.SHIPPED / bundle.DETECTOR, DetectorConfig())
    capture = cv2.VideoCapture(str(CLIP))
    paths = []
    for index in range(max(FRAMES) + 1):
        _, image = capture.read()
        if index in FRAMES:
            face = detector.detect(Frame(index, image, 0.0, 0.0))[0]
            paths.append(folder / f"{index}.png")
            assert cv2.imwrite(str(paths[-1]), cut(image, *square_around(face.box)))
    return paths


@pytest.fixture(scope="module")
def reference(pictures: list[Path]) -> Answers:
    """The answers of the default interpreter."""
    return answers(Path(sys.executable), "auto", pictures)


def agree(found: Answers, reference: Answers) -> None:
    """The same label for each picture, and nearly the same probabilities."""
    assert (found.shares.argmax(1) == reference.shares.argmax(1)).all()
    np.testing.assert_allclose(found.shares, reference.shares, atol=TOLERANCE)


def test_ai_edge_litert_is_the_default(reference: Answers) -> None:
    """Where several interpreters are installed, ai-edge-litert is taken."""
    assert reference.runtime == "ai-edge-litert"


def test_the_pictures_show_every_label(reference: Answers) -> None:
    """Interpreters that agree on one label only would prove little."""
    assert set(reference.shares.argmax(1)) == {0, 1, 2}


def test_tensorflow_agrees(pictures: list[Path], reference: Answers) -> None:
    """TensorFlow's own interpreter, asked for by name, gives the same answers."""
    found = answers(Path(sys.executable), "tensorflow", pictures)
    assert found.runtime == "tensorflow"
    agree(found, reference)


@needs_tflite
def test_tflite_runtime_agrees(pictures: list[Path], reference: Answers) -> None:
    """tflite-runtime, with the old numpy and OpenCV that it needs, gives the same answers."""
    found = answers(TFLITE / "python", "auto", pictures)
    assert found.runtime == "tflite-runtime"
    assert found.numpy.startswith("1.")
    agree(found, reference)


@needs_tflite
def test_predict_with_tflite_runtime(pictures: list[Path], reference: Answers) -> None:
    """`maskgate predict` works in an install that has tflite-runtime only."""
    command = [TFLITE / "maskgate", "predict", "--no-detect", "--json", pictures[0]]
    run = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert run.returncode == 0, run.stderr
    (face,) = json.loads(run.stdout)["faces"]
    assert face["label"] == LABELS[int(reference.shares[0].argmax())]
