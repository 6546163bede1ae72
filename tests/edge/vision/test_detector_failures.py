"""A detector that opens and then fails on a picture of another size."""

from __future__ import annotations

import cv2
import pytest

from edge.bundle import DETECTOR, SHIPPED
from edge.config import DetectorConfig
from edge.errors import ModelError
from edge.types import Frame
from edge.vision.detector import YuNetDetector
from tests.support.pictures import noise


class OneSize:
    """A network that takes no other size than the one it was made for."""

    def setInputSize(self, size: tuple[int, int]) -> None:  # noqa: N802 - OpenCV's name
        raise cv2.error("shapes are fixed")

    def detect(self, picture: object) -> None:
        """Never gets there."""


def test_a_picture_that_it_cannot_take_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    """The model and the size are named."""
    detector = YuNetDetector(SHIPPED / DETECTOR, DetectorConfig())
    monkeypatch.setattr(detector, "_network", OneSize())
    with pytest.raises(ModelError, match=r"detector\.onnx fails on a picture of 640x480"):
        detector.detect(Frame(0, noise(640, 480), 0.0, 0.0))
