"""Recordings with passes drawn in."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import Config
from edge.pipeline.pipeline import Cycle
from edge.replay.annotating import annotating
from edge.tracking.register import PassUpdate
from edge.types import Blind, Box, Face, Frame, FrameAnalysis, Observation
from tests.support.images import noise

BOX = Box(40, 40, 70, 80)


def cycle(index: int) -> Cycle:
    """A frame with a face."""
    found = FrameAnalysis((Observation(Face(BOX, 0.9), (0.9, 0.05, 0.05), 100.0, 0),), 0.0, 0.0)
    return Cycle(Frame(index, noise(), index / 10, 0.0), found, PassUpdate(), 0.0)


def test_each_frame_is_drawn_with_the_face_pixelated(tmp_path: Path) -> None:
    """And a time without a frame is not."""
    with annotating(Config(), tmp_path / "out", "door") as observer:
        for number in range(2):
            observer.observe(cycle(number), ())
        observer.observe(Cycle(Blind("gone", 0.3, 0.0), None, PassUpdate(), 0.0), ())
    drawn = sorted((tmp_path / "out").iterdir())
    assert [file.name for file in drawn] == ["door-00001.jpg", "door-00002.jpg"]
    picture = cv2.imread(str(drawn[0]))
    assert picture is not None
    picture = np.asarray(picture, np.uint8)
    assert roughness(picture[52:68, 55:95]) < roughness(picture[:30, :30]) / 2


def roughness(part: NDArray[np.uint8]) -> float:
    """How much neighbours in a row differ; those in one square of a pixelated face do not."""
    return float(np.abs(np.diff(part.astype(int), axis=1)).mean())
