"""Pictures of a report."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
from click.testing import CliRunner

from edge import bundle
from tests.support.predictions import evidence, sure
from training.commands import maskgate_train
from training.data.dataset import load_material
from training.data.manifest import SplitManifest
from training.evaluation.report.galleries import MANY, SIDE, worst


def test_worst_answers_come_surest_first(split: Path) -> None:
    """Bare faces called masked stand by themselves, the surest first, and what is left out is counted."""
    material = load_material(SplitManifest.load(split), split.parent / "cache")
    count = len(material.faces)
    truth = [1] * count
    shares = np.vstack([sure(0, share=0.5 + 0.4 * at / count) for at in range(count)])
    found = evidence(truth, shares)
    (only,) = worst(found, found.columns[0], material)
    assert only.heading == "Bare faces called masked"
    said = [float(re.findall(r"0\.\d+", tile.caption)[0]) for tile in only.tiles]
    assert said == sorted(said, reverse=True)
    assert len(only.tiles) + only.left_out == count
    assert len(only.tiles) == MANY


def test_the_contact_sheet(split: Path, tmp_path: Path) -> None:
    """`evaluate --worst` writes one picture with a cell for every wrong answer."""
    wrong = tmp_path / "split.json"
    wrong.write_text(split.read_text().replace('"without_mask"', '"mask_worn_incorrectly"'))
    options = ("--part", "all", "--worst", tmp_path / "w.png", "--cache", split.parent / "cache")
    arguments = ["evaluate", bundle.SHIPPED, wrong, *options]
    done = CliRunner().invoke(maskgate_train, [str(one) for one in arguments])
    assert done.exit_code == 0, done.output
    seen = cv2.imread(str(tmp_path / "w.png"))
    assert seen is not None
    assert seen.shape[0] % (SIDE + 30) == 0
    assert seen.shape[1] == 8 * (SIDE + 8)
