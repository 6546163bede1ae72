"""Data that cannot be trained with, as one who types `maskgate-train fit` meets it."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.contract import Label
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run
from training.data.manifest import SplitManifest, SplitPart

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


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
