"""Learning curves as the pages show them."""

from __future__ import annotations

import json
import math
import os
from pathlib import Path

from training.classifier.recipe import Recipe
from training.classifier.run import RunInputs, start_at
from training.data.manifest import SplitManifest
from training.workbench.curve_catalogue import COSTLY, curves_in

TOLD = {name: {"value": 0.7, "low": 0.6, "high": None} for name in COSTLY}
POINT = {"share": "all", "faces": 120.0, **TOLD}


def test_curves_are_read(tmp_path: Path) -> None:
    """With their charts where there are any; what could not be measured is no number."""
    for name in ("one", "damaged", "none"):
        (tmp_path / name).mkdir()
    (tmp_path / "one" / "learning-curve.json").write_text(json.dumps({"sizes": [POINT], "sources": [POINT]}))
    (tmp_path / "one" / "learning-curve.svg").write_text("<svg/>")
    (tmp_path / "damaged" / "learning-curve.json").write_text('{"sizes": [{}]}')
    (one,) = curves_in(tmp_path)
    assert (one.id, one.chart, len(one.points)) == ("one", "<svg/>", 2)
    found = one.points[0].figures["macro_f1"]
    assert (found.value, found.low, math.isnan(found.high)) == (0.7, 0.6, True)


def test_curves_are_told_apart(tmp_path: Path) -> None:
    """By their folders and recipes, the newest first, however they are called; unfinished ones are none."""
    for age, name in enumerate(("newer", "another", "begun")):
        inputs = RunInputs(Recipe(name=f"recipe-{name}"), SplitManifest.of([], 1, "f"))
        start_at(tmp_path / name / "all" / "fold-0", inputs)
        if name != "begun":
            file = tmp_path / name / "learning-curve.json"
            file.write_text(json.dumps({"sizes": [POINT], "sources": []}))
            os.utime(file, (1000 - age, 1000 - age))
    found = [(curve.id, curve.recipe) for curve in curves_in(tmp_path)]
    assert found == [("newer", "recipe-newer"), ("another", "recipe-another")]


def test_no_folder(tmp_path: Path) -> None:
    """Has none."""
    assert curves_in(tmp_path / "absent") == ()
