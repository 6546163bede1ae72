"""How much a frame can ask of the detector."""

from __future__ import annotations

from edge.bundle import DETECTOR, SHIPPED
from edge.config import DetectorConfig
from edge.types import Frame
from edge.vision.detector import MOST_FACES, YuNetDetector
from tests.support.pictures import noise


def test_faces_are_bounded_in_number() -> None:
    """However many places of a frame look like one."""
    settings = DetectorConfig(score_threshold=0.0, min_face_px=1, long_side=640)
    found = YuNetDetector(SHIPPED / DETECTOR, settings).detect(Frame(0, noise(640, 480), 0.0, 0.0))
    assert 0 < len(found) <= MOST_FACES
