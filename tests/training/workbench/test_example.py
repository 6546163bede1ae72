"""A small site of the project's own making."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path

import pytest

from edge.errors import GateError
from tests.support.jobs import wait_until
from training.classifier import recipe
from training.commands.learning_curve import learning_curve
from training.data.manifest import SplitManifest
from training.workbench import example
from training.workbench.example import ExampleSite, steps
from training.workbench.process_identity import ProcessIdentity

pytestmark = pytest.mark.slow


def test_an_example_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Data of two kinds with a split, and a run of each recipe with its report; the next time it is there."""
    monkeypatch.setattr(example, "FRAMES", 12)
    monkeypatch.setattr(example, "FACES", 4)
    monkeypatch.setattr(example, "RECIPES", {"small": (8, 1)})
    # It takes as long as four more runs; what it is called with is looked at, as the program would.
    measured: list[list[str]] = []
    call = example._call
    monkeypatch.setattr(
        example,
        "_call",
        lambda *words: measured.append([*map(str, words)]) if "learning-curve" in words else call(*words),
    )
    site = ExampleSite(tmp_path)
    for step in steps(site):
        step.run()
    assert steps(site) == ()
    ((_, *words),) = measured
    asked = learning_curve.make_context("learning-curve", words).params
    assert (asked["output"], asked["count"], asked["sizes"]) == (site.curve, 2, "50,all")
    assert recipe.load(asked["plan"]).name == "shares"
    faces = SplitManifest.load(site.split).faces
    assert Counter(face.source for face in faces) == {"hall": 36, "door": 14}
    with zipfile.ZipFile(site.more) as more:
        assert len([name for name in more.namelist() if name.endswith(".png")]) == 12
    (run,) = site.runs.iterdir()
    assert json.loads((run / "metrics.json").read_bytes())["all"]
    assert {"model.keras", "report.html", "split.json"} <= {file.name for file in run.iterdir()}


MAKING = """
import sys
from training.workbench import example

sys.executable = sys.argv[1]
example._call("data")
"""


def test_what_makes_it_ends_with_it(tmp_path: Path) -> None:
    """Where somebody ends the program while it makes an example, no training goes on."""
    program, told = tmp_path / "program", tmp_path / "told"
    program.write_text(f"#!/bin/sh\necho $$ > {told}.new; mv {told}.new {told}; exec sleep 600\n")
    program.chmod(0o755)
    process = subprocess.Popen([sys.executable, "-c", MAKING, program])
    try:
        wait_until(told.exists)
    finally:
        process.terminate()
        process.wait()
    wait_until(lambda: ProcessIdentity.of(int(told.read_text())) is None)


def test_a_step_that_fails_says_why(tmp_path: Path) -> None:
    """With what the program that failed said last."""
    _, read, *_ = steps(ExampleSite(tmp_path))
    with pytest.raises(GateError, match=r"maskgate-train data .* said: .*hall"):
        read.run()
