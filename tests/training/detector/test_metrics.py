"""What counts as found, and the figures made of it."""

from __future__ import annotations

import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import Label
from edge.errors import SourceError
from edge.types import Box
from tests.support.detector import face, matches
from tests.support.training import draw_face, record
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import DataLayout, FaceRecord
from training.detector.metrics import Found, Matches, Truth, at_least, match, measure, truths


def test_the_best_box_takes_the_face_and_the_next_is_unmatched() -> None:
    """Two boxes on one face count once."""
    found = [Found(Box(2, 0, 40, 40), 0.5), Found(Box(0, 0, 40, 40), 0.9), Found(Box(300, 0, 40, 40), 0.3)]
    scores, unmatched = match(found, [face(0), face(100)])
    assert scores.tolist() == [0.9, 0.0]
    assert unmatched == [0.5, 0.3]


def test_little_overlap_is_no_match() -> None:
    """Below 0.4 a box is elsewhere; from there on it counts."""
    wide, near = Found(Box(20, 0, 40, 40), 0.9), Found(Box(15, 0, 40, 40), 0.9)
    assert match([wide], [face(0)])[1] == [0.9]
    assert match([near], [face(0)])[1] == []


@given(
    scores=st.lists(st.floats(0.03, 1), max_size=12),
    unmatched=st.lists(st.floats(0.03, 1), max_size=12),
    allowed=st.floats(0, 3),
)
def test_a_threshold_keeps_what_it_promises(
    scores: list[float], unmatched: list[float], allowed: float
) -> None:
    """At the threshold for so many unmatched boxes a frame there are no more, and recall falls with it."""
    found = matches(scores, unmatched)
    threshold = found.threshold_for(allowed)
    assert found.unmatched_per_frame(threshold) <= allowed + 1e-9
    if scores:
        assert found.recall(threshold) >= found.recall(threshold + 0.2)


def test_average_precision_of_known_rankings() -> None:
    """1 for perfection, 0 for nothing, and a half-way case by hand."""
    assert matches([0.9, 0.8], []).average_precision() == 1.0
    assert matches([0.0, 0.0], [0.9]).average_precision() == 0.0
    assert matches([0.9, 0.5], [0.7]).average_precision() == pytest.approx((1 + 2 / 3) / 2)
    assert math.isnan(matches([0.9], []).average_precision(least_px=100))


def test_small_faces_count_neither_for_nor_against() -> None:
    """A found face below the size wanted is no false alarm."""
    found = Matches(1, (face(0, 10), face(100, 40)), np.array([0.9, 0.8]), np.array([]))
    assert found.average_precision(20) == 1.0
    assert found.recall(0.85, at_least(20)) == 0.0


def test_only_annotated_frames_of_the_part_are_judged() -> None:
    """Class folders say nothing of further faces in a picture."""
    folder = FaceRecord("folder/x#0", Path("x.png"), Box(0, 0, 9, 9), Label.WITH_MASK, DataLayout.FOLDER)
    faces = [
        SplitFace(record(1), 0, SplitPart.TEST),
        SplitFace(record(2), 1, SplitPart.TRAIN),
        SplitFace(folder, 2, SplitPart.TEST),
    ]
    assert [one.image.name for one in truths(faces, SplitPart.TEST)] == ["1.png"]


def test_measuring_reads_each_picture_once(tmp_path: Path) -> None:
    """One that has gone since the data was listed is an error: it must not be missing without a word."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    pictures = [Truth(tmp_path / "a.png", (face(0),))]
    found = measure(lambda _: (Found(Box(0, 0, 40, 40), 0.7),), pictures)
    assert (found.frames, found.recall(0.7), found.unmatched_per_frame(0)) == (1, 1.0, 0.0)
    with pytest.raises(SourceError, match=r"none\.png is in the data and cannot be read"):
        measure(lambda _: (), [*pictures, Truth(tmp_path / "none.png", (face(0),))])
