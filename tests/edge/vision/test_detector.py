"""Finding faces with a real detector."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import bundle
from edge.config import DetectorConfig
from edge.demo import CLIP
from edge.errors import ModelError
from edge.types import Frame, Image
from edge.vision.detector import YuNetDetector

SHIPPED = bundle.SHIPPED / bundle.DETECTOR
LONE_FRAME = 100
"""A frame of the demo's clip in which one bare face stands alone."""


@pytest.fixture
def picture() -> Image:
    """One face of about 85 px in a frame of 640x480."""
    capture = cv2.VideoCapture(str(CLIP))
    for _ in range(LONE_FRAME):
        capture.grab()
    ok, image = capture.read()
    assert ok
    return np.asarray(image, np.uint8)


def find(image: Image, preview: Image | None = None, **settings: object) -> list[tuple[int, ...]]:
    detector = YuNetDetector(SHIPPED, DetectorConfig.model_validate(settings))
    faces = detector.detect(Frame(0, image, 0.0, 0.0, preview))
    return [tuple(round(v) for v in (f.box.x, f.box.y, f.box.w, f.box.h)) for f in faces]


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_boxes_are_in_pixels_of_the_cameras_frame(picture: Image, factor: int) -> None:
    """However large the frame is beside the detector's own input."""
    (reference,) = find(picture)
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    (box,) = find(np.asarray(large, np.uint8))
    assert [value / factor for value in box] == pytest.approx(reference, abs=4)


def test_a_cameras_own_preview_is_looked_at(picture: Image) -> None:
    """And the boxes still belong to the full frame."""
    preview = np.asarray(cv2.resize(picture, (240, 135)), np.uint8)
    (box,) = find(np.zeros_like(picture), preview)
    (reference,) = find(picture)
    assert box == pytest.approx(reference, abs=9)


def test_two_faces_come_the_larger_first(picture: Image) -> None:
    """Side by side in one frame."""
    small = np.asarray(cv2.resize(picture, (480, 360)), np.uint8)
    both = np.zeros((480, 1120, 3), np.uint8)
    both[:360, :480], both[:, 480:] = small, picture
    first, second = find(both, long_side=640)
    assert first[2] > second[2]
    assert first[0] > 480 > second[0]


def test_faces_below_the_least_size_are_not_looked_at(picture: Image) -> None:
    """The limit is in pixels of the camera's frame."""
    assert find(picture, min_face_px=70)
    assert find(picture, min_face_px=110) == []


def test_all_that_may_be_faces_are_found_where_that_is_asked_for(picture: Image) -> None:
    """Too small ones, too: they do not count, and are to be pixelated all the same."""
    detector = YuNetDetector(SHIPPED, DetectorConfig(min_face_px=110))
    frame = Frame(0, picture, 0.0, 0.0)
    assert detector.detect(frame) == ()
    (face,) = detector.find(frame)
    assert 70 < face.box.side < 110


def test_landmarks_lie_where_a_face_has_them(picture: Image) -> None:
    """Eyes above the nose above the mouth, right of the person on the left."""
    (face,) = YuNetDetector(SHIPPED, DetectorConfig()).detect(Frame(0, picture, 0.0, 0.0))
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


def test_frames_of_changing_size_are_no_trouble(picture: Image) -> None:
    """A folder of photographs has many sizes."""
    detector = YuNetDetector(SHIPPED, DetectorConfig())
    for height, width in ((1, 1), (31, 700), (270, 480), (16, 16), (1080, 1920)):
        image = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
        detector.detect(Frame(0, image, 0.0, 0.0))


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000)])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """In one sentence that names it."""
    (tmp_path / "d.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"d\.onnx is not"):
        YuNetDetector(tmp_path / "d.onnx", DetectorConfig())
