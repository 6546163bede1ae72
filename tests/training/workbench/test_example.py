"""A small site of the project's own making."""

from __future__ import annotations

import json
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from edge.errors import GateError
from training.data.manifest import SplitManifest
from training.workbench import example
from training.workbench.example import ExampleSite, steps

pytestmark = pytest.mark.slow


def test_an_example_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data of two kinds with a split, and a run of each recipe with its report; the next time it is there."""
    monkeypatch.setattr(example, "FRAMES", 12)
    monkeypatch.setattr(example, "FACES", 4)
    monkeypatch.setattr(example, "RECIPES", {"small": (8, 1)})
    site = ExampleSite(tmp_path)
    for step in steps(site):
        step.run()
    assert steps(site) == ()
    faces = SplitManifest.load(site.split).faces
    assert Counter(face.source for face in faces) == {"hall": 36, "door": 14}
    with zipfile.ZipFile(site.more) as more:
        assert len([name for name in more.namelist() if name.endswith(".png")]) == 12
    (run,) = site.runs.iterdir()
    assert json.loads((run / "metrics.json").read_bytes())["all"]
    assert {"model.keras", "report.html", "split.json"} <= {file.name for file in run.iterdir()}


def test_a_step_that_fails_says_why(tmp_path: Path) -> None:
    """With what the program that failed said last."""
    _, read, *_ = steps(ExampleSite(tmp_path))
    with pytest.raises(GateError, match=r"maskgate-train data .* said: .*hall"):
        read.run()
