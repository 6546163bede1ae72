"""`maskgate-train add`."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from edge import bundle
from edge.contract import Label
from edge.errors import ConfigError
from tests.support.predictions import drawn_split
from tests.support.training import draw_face
from training.commands import maskgate_train
from training.data.manifest import SplitManifest


@pytest.fixture
def split(tmp_path: Path) -> Path:
    return drawn_split(tmp_path / "drawn", 4)


def add(folder: Path, split: Path, label: str = "with_mask", *more: object) -> Result:
    detector = bundle.SHIPPED / bundle.DETECTOR
    labelled = ["--label", label] if label else []
    command = ["add", folder, *labelled, "--split", split, "--detector", detector, *more]
    return CliRunner().invoke(maskgate_train, [str(word) for word in command], catch_exceptions=False)


def test_images_join_a_new_manifest(tmp_path: Path, split: Path) -> None:
    """The old one stays as it was; what was done with each image is counted."""
    photos, before = tmp_path / "photos", split.read_bytes()
    photos.mkdir()
    cv2.imwrite(str(photos / "new.png"), draw_face(Label.WITH_MASK, seed=99))
    told = json.loads(add(photos, split, "with_mask", "-o", tmp_path / "new.json", "--json").stdout)
    assert told["split"] == str(tmp_path / "new.json")
    assert told["faces"] == len(SplitManifest.load(tmp_path / "new.json").faces)
    assert sum(told["counts"].values()) >= 1
    assert split.read_bytes() == before


def test_folders_say_what_is_in_them(tmp_path: Path, split: Path) -> None:
    """Without --label, and an image that contradicts one of the split is named beside it."""
    for place, label in enumerate(Label):
        folder = tmp_path / "photos" / label
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "new.png"), draw_face(label, seed=90 + place))
    told = json.loads(add(tmp_path / "photos", split, "", "--json").stdout)
    assert sum(told["counts"].values()) == 3
    assert told["contradictions"] == []


def test_corrected_labels_are_compared(tmp_path: Path, split: Path) -> None:
    """A copy with the label that was corrected is no contradiction any more, and the split keeps its own."""
    for name, face in (("old", "1.png"), ("copy", "2.png")):
        (tmp_path / name / "with_mask").mkdir(parents=True)
        cv2.imwrite(str(tmp_path / name / "with_mask" / face), draw_face(Label.WITH_MASK, seed=300))
    add(tmp_path / "old", split, "", "--source", "entrance")
    before = SplitManifest.load(split).faces
    notes = tmp_path / "corrections.csv"
    notes.write_text("source,image,face,label\nentrance,1,0,without_mask\n")
    told = json.loads(add(tmp_path / "copy", split, "", "--notes", notes, "--json").stdout)
    (one,) = told["contradictions"]
    assert (one["label"], one["like_label"]) == ("with_mask", "without_mask")
    assert SplitManifest.load(split).faces == before


@pytest.mark.parametrize("label", ["", "with_mask"])
def test_several_days_are_one_source(tmp_path: Path, split: Path, label: str) -> None:
    """Although cameras begin their numbers anew; the same picture is still taken once."""
    for day, name in enumerate(("monday", "tuesday")):
        folder = tmp_path / name / "with_mask"
        folder.mkdir(parents=True)
        cv2.imwrite(str(folder / "1.png"), draw_face(Label.WITH_MASK, seed=300 + day))
    cv2.imwrite(str(folder / "2.png"), draw_face(Label.WITH_MASK, seed=300))
    for name in ("monday", "tuesday"):
        root = tmp_path / name / label if label else tmp_path / name
        told = json.loads(add(root, split, label, "--source", "Main entrance", "--json").stdout)
    assert told["counts"]["left out: the same file is in the data set"] == 1
    new = [row.key for row in SplitManifest.load(split).faces if row.source == "Main entrance"]
    assert len(new) == 2


def test_what_cannot_be_added_is_refused(tmp_path: Path, split: Path) -> None:
    """A label that is none, and a folder without an image; the manifest stays as it was."""
    before = split.read_bytes()
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="a/b is no name of a source; take letters"):
        add(tmp_path / "empty", split, "with_mask", "--source", "a/b")
    with pytest.raises(ConfigError, match="--label hat is none of"):
        add(tmp_path / "empty", split, "hat")
    with pytest.raises(ConfigError, match="empty holds no image"):
        add(tmp_path / "empty", split)
    assert split.read_bytes() == before
