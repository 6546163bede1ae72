"""The command, from made-up frames to a detector that OpenCV runs."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge.contract import Label
from edge.types import Box
from tests.support.detector import picture
from tests.support.training import draw_face
from training.commands import maskgate_train
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import DataLayout, FaceRecord


@pytest.fixture
def split(tmp_path: Path) -> Path:
    """Three frames to train on and two to choose on."""
    faces = []
    for number, part in enumerate([SplitPart.TRAIN] * 3 + [SplitPart.VALIDATION] * 2):
        image = tmp_path / f"{number}.png"
        cv2.imwrite(str(image), draw_face(seed=number))
        face = FaceRecord(
            f"frame/{number}#0", image, Box(20, 15, 60, 80), Label.WITHOUT_MASK, DataLayout.FRAME
        )
        faces.append(SplitFace(face, number, part))
    cv2.imwrite(str(tmp_path / "nobody.png"), picture(90, 60))
    (tmp_path / "split.json").write_text(SplitManifest.of(faces, 7, "made up").model_dump_json())
    return tmp_path / "split.json"


def run(split: Path, detector: Path, *more: str) -> Result:
    folder = split.parent
    command = ["detector", "--split", str(split), "--teacher", str(detector), "--random-start"]
    command += ["--empty", str(folder / "nobody.png"), "--runs", str(folder / "runs"), "--json", *more]
    return CliRunner().invoke(maskgate_train, command, catch_exceptions=False)


@pytest.mark.slow
def test_a_run_ends_with_a_detector_and_can_be_finished_again(split: Path, detector: Path) -> None:
    """Two steps give checkpoint, detector and summary; finishing again needs no training."""
    done = run(split, detector, "--steps", "2")
    assert done.exit_code == 0
    summary = json.loads(done.stdout.splitlines()[-1])
    model = Path(summary["model"])
    assert summary["step"] == 2
    assert summary["started_from"] == "random weights"
    assert summary["largest_difference"] < 1e-3
    found = cv2.FaceDetectorYN.create(str(model), "", (64, 64), 0.6, 0.3, 10)
    found.detect(np.zeros((64, 64, 3), np.uint8))
    model.unlink()
    again = run(split, detector, "--resume", str(model.parent), "--finish")
    assert again.exit_code == 0
    assert model.exists()
    assert json.loads((model.parent / "summary.json").read_text())["sha256"] == summary["sha256"]
