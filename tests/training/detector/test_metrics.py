"""What counts as found, and the figures made of it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract import Label
from edge.types import Box
from tests.support.training import draw_face, record
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import FaceRecord, FaceSource
from training.detector import benchmark, evaluate, report
from training.detector import report as detector_report
from training.detector.metrics import Found, Matches, Truth, at_least, match, measure, truths


def face(x: float, side: float = 40, label: Label = Label.WITH_MASK) -> FaceRecord:
    return FaceRecord(f"frame/a.png#{x}", Path("a.png"), Box(x, 0, side, side), label, FaceSource.FRAME)


def matches(scores: list[float], unmatched: list[float], frames: int = 4) -> Matches:
    faces = tuple(face(100 * number) for number in range(len(scores)))
    return Matches(frames, faces, np.array(scores), np.array(unmatched))


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
    folder = FaceRecord("folder/x#0", Path("x.png"), Box(0, 0, 9, 9), Label.WITH_MASK, FaceSource.FOLDER)
    faces = [
        SplitFace(record(1), 0, SplitPart.TEST),
        SplitFace(record(2), 1, SplitPart.TRAIN),
        SplitFace(folder, 2, SplitPart.TEST),
    ]
    assert [one.image.name for one in truths(faces, SplitPart.TEST)] == ["1.png"]


def test_measuring_reads_each_picture_once(tmp_path: Path) -> None:
    """Frames are counted, unreadable ones are not."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    pictures = [Truth(tmp_path / "a.png", (face(0),)), Truth(tmp_path / "none.png", (face(0),))]
    found = measure(lambda _: (Found(Box(0, 0, 40, 40), 0.7),), pictures)
    assert (found.frames, found.recall(0.7), found.unmatched_per_frame(0)) == (1, 1.0, 0.0)


def test_the_report_holds_the_figures_of_each_detector() -> None:
    """Text, JSON and HTML agree; a slice without faces is a null in JSON."""
    table = report.compare("own size", ["ours", "other"], [matches([0.9], []), matches([0.1], [0.8])], 0.6)
    figures = table.as_json()
    assert figures["ours"]["20 px and more: recall"] == 1.0
    assert figures["other"]["unmatched boxes a frame"] == 0.25
    assert figures["ours"]["0 to 20 px: recall"] is None
    json.dumps(figures, allow_nan=False)
    assert "ours" in table.as_text()
    page = report.page([table, report.sweep("own size", ["ours"], [matches([0.9], [])], 0.6)], "A <heading>")
    assert "A &lt;heading&gt;" in page
    assert page.count("<table>") == 2
    assert page.count("<svg") == 1


def test_missed_faces_are_shown_largest_first(tmp_path: Path) -> None:
    """The contact sheet has a tile for each miss, and is not written where there is none."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    faces = tuple(
        FaceRecord("k", tmp_path / "a.png", Box(10, 10, s, s), Label.WITH_MASK, FaceSource.FRAME)
        for s in (30, 60)
    )
    found = Matches(1, faces, np.array([0.1, 0.2]), np.zeros(0))
    picture = detector_report.sheet(found, 0.6, at_least(20))
    assert picture is not None
    assert picture.shape == (
        detector_report.TILE + detector_report.CAPTION,
        detector_report.TILE * detector_report.COLUMNS,
        3,
    )
    assert detector_report.write_sheets(found, 0.6, at_least(20), tmp_path / "sheet.png")
    assert not detector_report.write_sheets(found, 0.05, at_least(20), tmp_path / "none.png")


def test_detectors_take_turns_at_every_size(detector: Path) -> None:
    """Each gets a time for each input size."""
    times = benchmark.race([detector, detector], rounds=2)
    assert [[(one.width, one.height) for one in row] for row in times] == [list(benchmark.INPUTS)] * 2
    assert all(one.milliseconds > 0 for row in times for one in row)


def test_judging_measures_every_view(detector: Path, tmp_path: Path) -> None:
    """Two tables for each view and one of times, with a column for each detector."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    pictures = [Truth(tmp_path / "a.png", (face(0),))]
    judged = evaluate.evaluate(evaluate.EvaluationSettings((detector, detector), (0, 64), 0.6), pictures)
    assert len(judged.tables) == 5
    assert all(len(table.columns) == 2 for table in judged.tables)
    assert len(set(judged.tables[0].columns)) == 2
