"""Data that cannot be used, as one who types the commands meets it."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest

from edge.contract import LABELS, Label
from tests.support.paths import ROOT
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run
from tests.support.training import draw_face, voc, voc_object, write_frames
from training.data.manifest import SplitManifest, SplitPart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

DETECTOR = ROOT / "edge" / "models" / "detector.onnx"


def data(*arguments: object) -> tuple[int, str, str]:
    done = run("training", "data", *arguments, "--detector", DETECTOR)
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def without(split: Path, *labels: Label) -> Path:
    """The split without the faces of some labels."""
    manifest = SplitManifest.load(split)
    kept = tuple(face for face in manifest.faces if face.label not in labels)
    split.write_text(manifest.model_copy(update={"faces": kept}).model_dump_json())
    return split


def fit(folder: Path, split: Path, *changes: tuple[str, str]) -> tuple[int, str]:
    done = run(
        "training", "fit", "--split", split, "--recipe", recipe(folder, *changes),
        "--runs", folder / "runs", "--cache", folder / "cache",
    )  # fmt: skip
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


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
        "unknown label": 1,
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


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ((Label.WITHOUT_MASK, Label.MASK_WORN_INCORRECTLY), "no face of class without_mask to train on"),
        ((Label.MASK_WORN_INCORRECTLY,), "no face of class mask_worn_incorrectly to train on"),
    ],
)
def test_a_class_that_cannot_be_trained(tmp_path: Path, labels: tuple[Label, ...], sentence: str) -> None:
    """One class only, or nothing to draw the third on: a sentence, and no run folder."""
    code, said = fit(tmp_path, without(drawn_split(tmp_path), *labels))
    assert code == 2
    assert sentence in said
    assert not (tmp_path / "runs").exists()


def test_nothing_to_judge_on(tmp_path: Path) -> None:
    """A split whose validation part is empty cannot be trained with."""
    split = drawn_split(tmp_path)
    manifest = SplitManifest.load(split)
    kept = tuple(face for face in manifest.faces if face.part is not SplitPart.VALIDATION)
    split.write_text(manifest.model_copy(update={"faces": kept}).model_dump_json())
    code, said = fit(tmp_path, split)
    assert code == 2
    assert "validation part of the split holds no face" in said
    assert not (tmp_path / "runs").exists()


def test_fewer_faces_than_a_batch(tmp_path: Path) -> None:
    """A batch larger than the data set takes faces more than once, each changed in its own way."""
    split = drawn_split(tmp_path, 4)
    assert len(SplitManifest.load(split).faces) < 16
    small = (
        ("batch = 8", "batch = 16"),
        ("head_epochs = 1", "head_epochs = 0"),
        ("[finish]\nepochs = 2", "[finish]\nepochs = 0"),
    )
    code, said = fit(tmp_path, split, *small, ("epochs = 2\naverage", "epochs = 1\naverage"))
    assert code == 0, said
