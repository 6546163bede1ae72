"""Detector and classifier together."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import cv2
import numpy as np
import pytest

from edge.contract import LABELS, Label
from edge.errors import SourceError
from edge.types import Box, Face, Frame
from edge.vision.detector import YuNetDetector
from edge.vision.interpreter import TfliteModel
from training.data.readers import DataLayout, FaceRecord
from training.detector.end_to_end import BundledClassifier, EndToEnd, evaluate_end_to_end
from training.detector.metrics import Truth

BOXES = (Box(10, 10, 60, 60), Box(100, 10, 50, 50), Box(10, 100, 10, 10))


class FindsTheFirst:
    """A detector that finds the first box only."""

    def detect(self, frame: Frame) -> tuple[Face, ...]:
        return (Face(BOXES[0], 0.9),)


class SaysMasked:
    """A model that calls every face masked."""

    size = 32

    def probabilities(self, crop: np.ndarray) -> np.ndarray:
        return np.eye(len(LABELS))[0]


def truth(file: Path) -> Truth:
    labels = (Label.WITH_MASK, Label.WITHOUT_MASK, Label.WITH_MASK)
    faces = tuple(
        FaceRecord(f"frame/{at}", file, box, label, DataLayout.FRAME)
        for at, (box, label) in enumerate(zip(BOXES, labels, strict=True))
    )
    return Truth(file, faces)


def judged(file: Path, threshold: float = 0.0) -> EndToEnd:
    classifier = BundledClassifier(cast(TfliteModel, SaysMasked()), (threshold,) * 3)
    return evaluate_end_to_end(cast(YuNetDetector, FindsTheFirst()), classifier, [truth(file)])


def test_a_face_counts_where_it_is_found_and_labelled_as_annotated(tmp_path: Path) -> None:
    """Faces below the least size do not count at all."""
    file = tmp_path / "frame.png"
    cv2.imwrite(str(file), np.full((200, 200, 3), 90, np.uint8))
    found = judged(file)
    assert (found.faces, found.found, found.right) == (2, 0.5, 0.5)
    assert (found.right_where_found, found.right_at_annotation) == (1.0, 1.0)


def test_a_face_without_an_answer_is_not_right(tmp_path: Path) -> None:
    """Its share is stated."""
    file = tmp_path / "frame.png"
    cv2.imwrite(str(file), np.full((200, 200, 3), 90, np.uint8))
    found = judged(file, threshold=1.5)
    assert (found.found, found.right, found.right_where_found, found.unanswered) == (0.5, 0.0, 0.0, 1.0)
    assert judged(file).unanswered == 0


def test_a_frame_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """The sentence says what to do."""
    with pytest.raises(SourceError, match=r"gone\.png is in the data and cannot be read"):
        judged(tmp_path / "gone.png")
