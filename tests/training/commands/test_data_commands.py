"""What the commands say of data sets of one name, of annotations of other tools, and of pictures gone."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from edge import bundle
from edge.contract import Label
from edge.errors import SourceError
from tests.support.training import draw_face, voc, voc_object, write_frames
from training.commands import maskgate_train
from training.data.manifest import SplitManifest

DETECTOR = str(bundle.SHIPPED / bundle.DETECTOR)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(maskgate_train, list(map(str, arguments)), catch_exceptions=False)


def class_folders(root: Path, count: int = 2) -> Path:
    for label in (Label.WITH_MASK, Label.WITHOUT_MASK):
        (root / label).mkdir(parents=True)
        for number in range(count):
            cv2.imwrite(str(root / label / f"{number}.png"), draw_face(label, seed=number))
    return root


def test_data_sets_of_one_name(tmp_path: Path) -> None:
    """`data` reads the faces of both, and the split that it writes can be read again."""
    roots = [class_folders(tmp_path / name / "dataset") for name in ("one", "two")]
    done = run("data", *roots, "--detector", DETECTOR, "-o", tmp_path / "split.json")
    assert done.exit_code == 0
    assert len(SplitManifest.load(tmp_path / "split.json").faces) == 8


@pytest.fixture
def faulty(tmp_path: Path) -> Path:
    """A data set with one face and seven annotations of nothing."""
    root = write_frames(tmp_path / "frames", 1)
    for number in range(7):
        file = root / "annotations" / f"gone{number}.xml"
        file.write_text(voc(voc_object("with_mask", 1, 1, 50, 50), f"gone{number}.png"))
    return root


def test_what_is_skipped_is_named(faulty: Path, tmp_path: Path) -> None:
    """The table and the JSON give number, reason and the first five files."""
    words = ("data", faulty, "--detector", DETECTOR, "-o", tmp_path / "split.json")
    lines = run(*words).stdout.splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("skipped: image missing"))
    assert lines[at].split()[-1] == "7"
    assert [line.strip() for line in lines[at + 1 : at + 7]] == [
        *(str(faulty / "images" / f"gone{number}.png") for number in range(5)),
        "and 2 more",
    ]
    found = json.loads(run(*words, "--json").stdout)
    assert found["skipped"] == {"image missing or broken": 7}
    assert len(found["skipped_files"]["image missing or broken"]) == 5


def test_evaluate_says_what_it_skips(faulty: Path) -> None:
    """Folders that are read on the way are not read in silence: standard error says it."""
    done = run("evaluate", bundle.SHIPPED, faulty, "--no-slices")
    assert done.exit_code == 0
    assert "skipped: image missing or broken" in done.stderr
    assert "gone4.png" in done.stderr


def test_add_names_what_it_leaves_out(tmp_path: Path) -> None:
    """Number, reason and files; what joined stands above."""
    root = class_folders(tmp_path / "set")
    split = tmp_path / "split.json"
    run("data", root, "--detector", DETECTOR, "-o", split)
    new = tmp_path / "new"
    shutil.copytree(root / Label.WITH_MASK, new)
    (new / "broken.png").write_bytes(b"no picture")
    words = ("add", new, "--label", "mask", "--split", split, "--detector", DETECTOR)
    found = json.loads(run(*words, "-o", tmp_path / "other.json", "--json").stdout)
    assert found["counts"] == {
        "left out: image missing or broken": 1,
        "left out: the same file is in the data set": 2,
    }
    lines = run(*words).stdout.splitlines()
    assert any(line.startswith("skipped: image missing or broken") for line in lines)
    assert f"  {new / 'broken.png'}" in lines


@pytest.mark.parametrize("command", ["evaluate", "add", "evaluate-detector", "evaluate-bundle"])
def test_a_picture_of_the_split_is_gone(tmp_path: Path, command: str) -> None:
    """No face is left out of a figure without a word: one sentence that names the picture."""
    root, split = write_frames(tmp_path / "set", 1), tmp_path / "split.json"
    run("data", root, "--detector", DETECTOR, "-o", split)
    (root / "images" / "0.png").unlink()
    new = class_folders(tmp_path / "new") / Label.WITH_MASK
    part = SplitManifest.load(split).faces[0].part
    words = {
        "evaluate": ("evaluate", bundle.SHIPPED, split, "--part", part, "--cache", tmp_path / "cache"),
        "add": ("add", new, "--label", "mask", "--split", split, "--detector", DETECTOR),
        "evaluate-detector": ("evaluate-detector", DETECTOR, "--split", split, "--part", part),
        "evaluate-bundle": ("evaluate-bundle", bundle.SHIPPED, "--split", split, "--part", part),
    }[command]
    with pytest.raises(SourceError, match=r"0\.png is in the data and cannot be read"):
        run(*words)
