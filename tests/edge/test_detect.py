"""Finding faces with a real detector."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.config import Detector
from edge.detect import YuNetDetector
from edge.types import Frame, Image, ModelError

YUNET = "models/face_detection_yunet_2023mar.onnx"
CLIP = "data/clips/head-pose-face-detection-male.gif"


@pytest.fixture
def picture(shared: Path) -> Image:
    """One man of about 71 px in a frame of 480x270."""
    ok, image = cv2.VideoCapture(str(shared / CLIP)).read()
    assert ok
    return np.asarray(image, np.uint8)


def find(
    shared: Path, image: Image, preview: Image | None = None, **settings: object
) -> list[tuple[int, ...]]:
    detector = YuNetDetector(shared / YUNET, Detector.model_validate(settings))
    faces = detector.detect(Frame(0, image, 0.0, 0.0, preview))
    return [tuple(round(v) for v in (f.box.x, f.box.y, f.box.w, f.box.h)) for f in faces]


@pytest.mark.shared
@pytest.mark.parametrize("factor", [1, 2, 4])
def test_boxes_are_in_pixels_of_the_cameras_frame(shared: Path, picture: Image, factor: int) -> None:
    """However large the frame is beside the detector's own input."""
    (reference,) = find(shared, picture)
    large = cv2.resize(picture, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC)
    (box,) = find(shared, np.asarray(large, np.uint8))
    assert [value / factor for value in box] == pytest.approx(reference, abs=4)


@pytest.mark.shared
def test_a_cameras_own_preview_is_looked_at(shared: Path, picture: Image) -> None:
    """And the boxes still belong to the full frame."""
    preview = np.asarray(cv2.resize(picture, (240, 135)), np.uint8)
    (box,) = find(shared, np.zeros_like(picture), preview)
    (reference,) = find(shared, picture)
    assert box == pytest.approx(reference, abs=6)


@pytest.mark.shared
def test_two_faces_come_the_larger_first(shared: Path, picture: Image) -> None:
    """Side by side in one frame."""
    small = np.asarray(cv2.resize(picture, None, fx=0.75, fy=0.75), np.uint8)
    both = np.zeros((270, 840, 3), np.uint8)
    both[:202, :360], both[:, 360:] = small, picture
    first, second = find(shared, both, long_side=640)
    assert first[2] > second[2]
    assert first[0] > 360 > second[0]


@pytest.mark.shared
def test_faces_below_the_least_size_are_not_looked_at(shared: Path, picture: Image) -> None:
    """The limit is in pixels of the camera's frame."""
    assert find(shared, picture, min_face_px=60)
    assert find(shared, picture, min_face_px=90) == []


@pytest.mark.shared
def test_landmarks_lie_where_a_face_has_them(shared: Path, picture: Image) -> None:
    """Eyes above the nose above the mouth, right of the person on the left."""
    (face,) = YuNetDetector(shared / YUNET, Detector()).detect(Frame(0, picture, 0.0, 0.0))
    right_eye, left_eye, nose, right_mouth, left_mouth = face.landmarks
    assert right_eye[0] < nose[0] < left_eye[0]
    assert max(right_eye[1], left_eye[1]) < nose[1] < min(right_mouth[1], left_mouth[1])


@pytest.mark.shared
def test_frames_of_changing_size_are_no_trouble(shared: Path, picture: Image) -> None:
    """A folder of photographs has many sizes."""
    detector = YuNetDetector(shared / YUNET, Detector())
    for height, width in ((1, 1), (31, 700), (270, 480), (16, 16), (1080, 1920)):
        image = np.asarray(cv2.resize(picture, (width, height)), np.uint8)
        detector.detect(Frame(0, image, 0.0, 0.0))


@pytest.mark.parametrize("content", [b"", b"hello", bytes(1000)])
def test_a_file_that_is_no_model_is_refused(tmp_path: Path, content: bytes) -> None:
    """In one sentence that names it."""
    (tmp_path / "d.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=r"d\.onnx is not"):
        YuNetDetector(tmp_path / "d.onnx", Detector())
