"""Detectors side by side on the same frames."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2

from tests.support.detector import face
from tests.support.training import draw_face
from training.detector import evaluate
from training.detector.metrics import Truth


def test_judging_measures_every_view(detector: Path, tmp_path: Path) -> None:
    """Two tables for each view and one of times, with a column for each detector."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    pictures = [Truth(tmp_path / "a.png", (face(0),))]
    judged = evaluate.evaluate(evaluate.EvaluationSettings((detector, detector), (0, 64), 0.6), pictures)
    assert len(judged.tables) == 5
    assert all(len(table.columns) == 2 for table in judged.tables)
    assert len(set(judged.tables[0].columns)) == 2


def test_every_source_has_a_table_of_its_own(detector: Path, tmp_path: Path) -> None:
    """Beside the pooled one, whose faces are those of all sources together."""
    cv2.imwrite(str(tmp_path / "a.png"), draw_face())
    pictures = [
        Truth(
            tmp_path / "a.png", tuple(replace(face(x), key=f"frame/{name}/a.png#{x}") for x in range(count))
        )
        for name, count in (("stock", 1), ("streets", 2))
    ]
    judged = evaluate.evaluate(evaluate.EvaluationSettings((detector,), (64,), 0.6), pictures)
    counts = {
        table.title: table.rows[0].faces for table in judged.tables if table.title.endswith("threshold 0.60")
    }
    assert counts == {
        "long side 64 px, threshold 0.60": 3,
        "long side 64 px, source stock, threshold 0.60": 1,
        "long side 64 px, source streets, threshold 0.60": 2,
    }
