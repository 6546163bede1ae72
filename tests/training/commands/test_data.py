"""Data that cannot be used, as one who types `maskgate-train data` meets it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from edge.contract import LABELS, Label
from tests.support.paths import ROOT
from tests.support.recipes import run
from tests.support.training import draw_face, voc, voc_object, write_frames
from training.data.manifest import SplitManifest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


DETECTOR = ROOT / "edge" / "models" / "detector.onnx"


def data(*arguments: object) -> tuple[int, str, str]:
    done = run("training", "data", *arguments, "--detector", DETECTOR)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_what_cannot_be_used_is_counted(tmp_path: Path) -> None:
    """Corrupt images, boxes outside or without size and unknown labels are skipped, each with its count."""
    root = write_frames(tmp_path / "frames", 5)
    (root / "images" / "0.png").write_bytes(b"\x89PNG\r\n")
    for number, corners, name in (
        (1, (400, 1, 450, 50), "with_mask"),
        (2, (10, 10, 10, 50), "with_mask"),
        (3, (10, 10, 60, 70), "helmet"),
    ):
        file = root / "annotations" / f"{number}.xml"
        file.write_text(voc(voc_object(name, *corners), f"{number}.png"))
    code, said, _ = data(root, "-o", tmp_path / "split.json", "--json")
    assert code == 0
    assert json.loads(said)["skipped"] == {
        "box outside the image or without size": 2,
        "image missing or broken": 1,
        "unknown label helmet": 1,
    }
    assert len(SplitManifest.load(tmp_path / "split.json").faces) == 3


def test_no_face_at_all(tmp_path: Path) -> None:
    """Where nothing can be used, the command says why and writes nothing."""
    (tmp_path / "with_mask").mkdir()
    (tmp_path / "with_mask" / "1.png").write_bytes(b"no image")
    code, _, said = data(tmp_path, "-o", tmp_path / "split.json")
    assert code == 2
    assert "can be used: image missing or broken" in said
    assert not (tmp_path / "split.json").exists()


def test_an_empty_class(tmp_path: Path) -> None:
    """A class folder without any image stands in the report as a class without any face."""
    for name in ("with_mask", "without_mask"):
        (tmp_path / name).mkdir()
    for number in range(3):
        cv2.imwrite(str(tmp_path / "with_mask" / f"{number}.png"), draw_face(Label.WITH_MASK, seed=number))
    code, said, _ = data(tmp_path, "-o", tmp_path / "split.json")
    assert code == 0
    assert [line.split()[0] for line in said.splitlines() if "no face at all" in line] == list(LABELS[1:])
