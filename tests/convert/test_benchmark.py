"""The models that a path stands for, measured side by side."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edge import bundle
from tests.support.convert import Trained, commands


@pytest.mark.slow
def test_every_variant_is_measured_and_written_down(trained: Trained, tmp_path: Path) -> None:
    """A run stands for four models, a bundle for one; a float model is told apart by `inspect`."""
    plain, quick = tmp_path / "plain.tflite", ("--threads", 1, "--rounds", 1)
    measured, _, inspected = commands(
        ("bench", trained.run, bundle.SHIPPED, *quick, "-o", tmp_path / "mine", "--json"),
        trained.convert("run", plain, "--variant", "float16"),
        ("inspect", plain),
    )
    assert measured.code == 0, measured.err
    told = json.loads(measured.out)
    names = [lap["name"] for lap in told["laps"]]
    assert names[:4] == ["int8", "float16", "dynamic", "float32"]
    assert len(names) == 5
    assert set(told["machine"]) == {"cpu", "cores", "python", "interpreter"}
    assert json.loads((tmp_path / "mine.json").read_text()) == told
    assert "| float16 | 1 |" in (tmp_path / "mine.md").read_text()
    assert "is not fully integer" in inspected.out
