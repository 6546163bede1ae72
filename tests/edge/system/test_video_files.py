"""Opening video files: what is too large, or no video, is refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.demo import CLIP
from edge.errors import SourceError
from edge.system.picture_limit import picture_limit
from edge.system.video_files import frame_size, open_video


def test_a_video_is_open_with_its_size() -> None:
    """The clip of the demo."""
    capture = open_video(CLIP)
    assert frame_size(capture) == (640, 480)
    assert capture.read()[0]


def test_what_is_no_video_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """In one sentence, and FFmpeg says nothing."""
    (tmp_path / "a.mp4").write_text("hello")
    with pytest.raises(SourceError, match=r"a\.mp4 is not a video that can be decoded"):
        open_video(tmp_path / "a.mp4")
    assert capfd.readouterr().err == ""


def test_a_video_with_larger_frames_than_allowed_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a frame is read; file, size and limit are named."""
    picture = cv2.imencode(".jpg", np.zeros((480, 640, 3), np.uint8))[1].tobytes()
    (tmp_path / "a.mjpeg").write_bytes(picture * 3)
    monkeypatch.setattr(picture_limit, "megapixels", 0.3)
    with pytest.raises(SourceError, match=r"a\.mjpeg has 640x480 pixels, more than a picture of 0\.3 mega"):
        open_video(tmp_path / "a.mjpeg")


def test_names_with_digits_are_no_patterns(tmp_path: Path) -> None:
    """OpenCV has a reader that would look for pictures of such names."""
    picture = cv2.imencode(".jpg", np.zeros((48, 64, 3), np.uint8))[1].tobytes()
    (tmp_path / "a%02d.mjpeg").write_bytes(picture * 3)
    (tmp_path / "a01.mjpeg").write_bytes(picture)
    capture = open_video(tmp_path / "a%02d.mjpeg")
    assert sum(capture.grab() for _ in range(9)) == 3
