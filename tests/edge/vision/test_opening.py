"""From configuration and bundle to the two models."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from edge import bundle as bundles
from edge.bundle.download import YUNET
from edge.config import ClassifierConfig, Config, DetectorConfig
from edge.demo import CLIP
from edge.errors import ModelError
from edge.types import Frame
from edge.vision import opening
from edge.vision.opening import find_detector, open_classifier, open_detector

LONE_FRAME = 100
"""A frame of the demo's clip in which one bare face stands alone."""


@pytest.fixture(scope="module")
def shipped() -> bundles.Bundle:
    return bundles.load(bundles.SHIPPED)


def test_the_nearest_detector_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one configured, else the bundle's, else one that was fetched, else the package's."""
    monkeypatch.setattr(opening, "models_directory", lambda: tmp_path)
    own, bare = SimpleNamespace(detector=Path("/bundle/d.onnx")), SimpleNamespace(detector=None)
    named = Config(detector=DetectorConfig(model="/models/mine.onnx"))
    assert find_detector(named, own) == Path("/models/mine.onnx")
    assert find_detector(Config(), own) == own.detector
    assert find_detector(Config(), bare) == bundles.SHIPPED_DETECTOR
    (tmp_path / YUNET).touch()
    assert find_detector(Config(), bare) == tmp_path / YUNET


def test_both_models_work(shipped: bundles.Bundle) -> None:
    """Opened for the shipped bundle, they find nobody in a grey picture."""
    frame = Frame(0, np.full((120, 160, 3), 128, np.uint8), 0.0, 0.0)
    faces = open_detector(Config(), shipped).detect(frame)
    assert open_classifier(Config(), shipped).classify(frame, faces) == ()


@pytest.mark.parametrize(("low", "count"), [(0.3, 1), (1.0, 0)])
def test_faces_of_a_low_score_are_found_where_that_is_asked_for(
    shipped: bundles.Bundle, low: float, count: int
) -> None:
    """From `low_threshold` on, unless that is no lower than the score from which faces count."""
    capture = cv2.VideoCapture(str(CLIP))
    capture.set(cv2.CAP_PROP_POS_FRAMES, LONE_FRAME)
    frame = Frame(0, np.asarray(capture.read()[1], np.uint8), 0.0, 0.0)
    config = Config(detector=DetectorConfig(score_threshold=0.999, low_threshold=low))
    assert open_detector(config, shipped).detect(frame) == ()
    assert len(open_detector(config, shipped, with_low_scores=True).detect(frame)) == count


def test_a_detector_that_is_not_there(shipped: bundles.Bundle) -> None:
    """It is named."""
    with pytest.raises(ModelError, match=r"/nope\.onnx does not exist"):
        open_detector(Config(detector=DetectorConfig(model="/nope.onnx")), shipped)


def test_an_interpreter_that_is_not_there(shipped: bundles.Bundle) -> None:
    """Configured by name, it is taken or refused, and no other one in its place."""
    config = Config(classifier=ClassifierConfig(interpreter="ai-edge-litert"))
    assert open_classifier(config, shipped).model.runtime == "ai-edge-litert"
