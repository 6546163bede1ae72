"""The tables of two detectors, and the sheet of missed faces."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from edge.contract import Label
from edge.types import Box
from tests.support.detector import matches
from tests.support.training import draw_face
from training.data.readers import DataLayout, FaceRecord
from training.detector import report
from training.detector import report as detector_report
from training.detector.metrics import Matches, at_least


def test_the_report_holds_the_figures_of_each_detector() -> None:
    """Text, JSON and HTML agree; a slice without faces is a null in JSON."""
    table = report.compare("own size", ["ours", "other"], [matches([0.9], []), matches([0.1], [0.8])], 0.6)
    figures = table.as_json()
    assert figures["ours"]["20 px and more: recall"] == 1.0
    assert figures["other"]["unmatched boxes a frame"] == 0.25
    assert figures["ours"]["0 to 20 px: recall"] is None
    json.dumps(figures, allow_nan=False)
    assert figures["ours"]["20 px and more: faces"] == 1.0
    first, head, *rows = table.as_text().splitlines()
    assert (first, head.split()) == ("own size, threshold 0.60", ["recall", "faces", "ours", "other"])
    assert rows[0].split() == ["20", "px", "and", "more", "1", "1.000", "0.000"]
    assert rows[1].split() == ["0", "to", "20", "px", "0", "-", "-"]
    page = report.page([table, report.sweep("own size", ["ours"], [matches([0.9], [])], 0.6)], "A <heading>")
    assert "A &lt;heading&gt;" in page
    assert page.count("<table>") == 2
    assert page.count("<svg") == 1


def test_missed_faces_are_shown_largest_first(tmp_path: Path) -> None:
    """The contact sheet has a tile for each miss, and is not written where there is none."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    faces = tuple(
        FaceRecord("k", tmp_path / "a.png", Box(10, 10, s, s), Label.WITH_MASK, DataLayout.FRAME)
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
