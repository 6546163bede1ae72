"""Clips that are composed of annotated faces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2

from tests.support.paths import ROOT
from tests.support.predictions import drawn_split
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation.passes import clips_of, load_truths

SCRIPT = ROOT / "scripts" / "compose_clips.py"


def compose(*arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, SCRIPT, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_a_clip_is_as_long_as_its_truth_says(tmp_path: Path) -> None:
    """Two people one after the other, and a part that has no face is named."""
    split = drawn_split(tmp_path, 1)
    (there,) = {face.part for face in SplitManifest.load(split).assigned()}
    done = compose(split, tmp_path / "clips", "--part", there, "--clips", 1)
    assert done.returncode == 0, done.stderr
    truths = load_truths(tmp_path / "clips" / "passes.json")
    ((name, (first, second)),) = truths.clips.items()
    assert first.to_s < second.from_s
    clip = cv2.VideoCapture(str(clips_of(truths, tmp_path / "clips")[name]))
    seconds = clip.get(cv2.CAP_PROP_FRAME_COUNT) / clip.get(cv2.CAP_PROP_FPS)
    assert second.to_s < seconds < second.to_s + 3
    other = next(part for part in SplitPart if part is not there)
    done = compose(split, tmp_path / "none", "--part", other)
    assert done.returncode == 1
    assert f"the {other} part of {split} has no face" in done.stderr
