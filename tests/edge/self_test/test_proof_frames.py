"""The frames on which a bundle is tried."""

from __future__ import annotations

import numpy as np
import pytest

from edge import bundle
from edge.config import CameraConfig, Config, DetectorConfig
from edge.errors import SourceError
from edge.self_test import proof_frames as frames
from edge.self_test.proof_frames import CLIP_FRAMES, boxes_in, proof_frames
from edge.vision.opening import open_detector


def test_every_picture_comes_in_the_sizes_of_the_camera() -> None:
    """In its own, as configured, and on its side, as a rotated camera gives it."""
    shown = list(proof_frames(CameraConfig(width=800, height=600)))
    assert len(shown) == 3 * (3 + len(CLIP_FRAMES))
    assert {frame.size for frame in shown[1::3]} == {(800, 600)}
    assert {frame.size for frame in shown[2::3]} == {(600, 800)}
    assert [frame.index for frame in shown] == list(range(len(shown)))


def test_people_are_in_them() -> None:
    """The shipped detector finds faces in the frames of the clip."""
    detector = open_detector(Config(detector=DetectorConfig()), bundle.load(bundle.SHIPPED))
    found = [len(detector.detect(frame)) for frame in proof_frames(CameraConfig())]
    assert all(found[9::3]), found


def test_they_are_the_same_every_time() -> None:
    """A bundle that was proved is proved again."""
    for one, other in zip(proof_frames(CameraConfig()), proof_frames(CameraConfig()), strict=True):
        assert np.array_equal(one.pixels, other.pixels)


def test_a_build_without_ffmpeg_has_the_drawn_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clip cannot be read there, which is no fault of the bundle."""

    def refuse(*_: object) -> None:
        raise SourceError("no")

    monkeypatch.setattr(frames, "open_recording", refuse)
    assert len(list(proof_frames(CameraConfig()))) == 9


def test_boxes_reach_over_the_edge() -> None:
    """Crops there are padded."""
    frame = next(iter(proof_frames(CameraConfig())))
    assert any(face.box.x + face.box.w > frame.size[0] for face in boxes_in(frame))
