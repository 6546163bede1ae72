"""Commands that take a bundle take a packed one, and use one without a detector with the package's."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner, Result

from edge import bundle
from edge.commands import maskgate
from edge.contract import LABELS
from edge.errors import ModelError
from tests.support import bundle_models
from tests.support.training import draw_face, write_frames
from training.commands import maskgate_train


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """The package's models under another version, in one file."""
    return bundle_models.packed(tmp_path, "7.1")


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    cv2.imwrite(str(tmp_path / "photo.png"), draw_face(side=160))
    return tmp_path / "photo.png"


def run(*words: object) -> Result:
    return CliRunner().invoke(maskgate, list(map(str, words)), catch_exceptions=False)


def train(*words: object) -> Result:
    return CliRunner().invoke(maskgate_train, list(map(str, words)), catch_exceptions=False)


def test_predict(packed: Path, photo: Path) -> None:
    """The same answers as those of the directory."""
    words = ("predict", "--json", "--no-detect", photo, "--bundle")
    one, other = (json.loads(run(*words, path).stdout) for path in (packed, packed.parent / "7.1"))
    assert one["faces"] == other["faces"]


def test_replay(packed: Path, tmp_path: Path) -> None:
    """The events name the version of the packed bundle."""
    from edge.demo import CLIP

    lines = run("replay", "--json", CLIP, "--bundle", packed).stdout.splitlines()
    assert {json.loads(line)["model_version"] for line in lines[:-1]} == {"7.1"}


@pytest.mark.parametrize("command", ["evaluate", "evaluate-bundle", "gate", "report"])
def test_training(packed: Path, tmp_path: Path, command: str) -> None:
    """Those that judge bundles."""
    split = tmp_path / "split.json"
    train("data", write_frames(tmp_path / "frames", 9), "-o", split)
    part = next(str(part) for part in ("test", "train") if f'"part": "{part}"' in split.read_text())
    cache = ("--cache", tmp_path / "cache")
    words = {
        "evaluate": ("evaluate", packed, split, "--part", part, "--no-slices", *cache),
        "evaluate-bundle": ("evaluate-bundle", packed, "--split", split, "--part", part),
        "gate": ("gate", packed, packed.parent / "7.1", split, *cache),
        "report": ("report", packed, split, "--part", part, "-o", tmp_path / "report", *cache),
    }[command]
    if command == "gate":
        with pytest.raises(Exception, match=r"is not promoted|no face to judge"):
            train(*words)
        return
    assert train(*words).exit_code == 0


@pytest.mark.parametrize("command", ["evaluate", "evaluate-bundle"])
def test_training_is_not_ended_by_a_deadly_model(tmp_path: Path, command: str) -> None:
    """It is tried in another process before."""
    split = tmp_path / "split.json"
    train("data", write_frames(tmp_path / "frames", 9), "-o", split)
    part = next(str(part) for part in ("test", "train") if f'"part": "{part}"' in split.read_text())
    deadly = bundle_models.deadly(tmp_path / "made", "1000.1")
    words = {
        "evaluate": ("evaluate", deadly, split, "--part", part, "--no-slices", "--cache", tmp_path / "cache"),
        "evaluate-bundle": ("evaluate-bundle", deadly, "--split", split, "--part", part),
    }[command]
    with pytest.raises(ModelError, match=r"detector\.onnx ended the process that tried it \(SIGFPE\)"):
        train(*words)


def test_a_damaged_archive_is_named(packed: Path, photo: Path) -> None:
    """By the name that the user gave, not by the place where it was unpacked."""
    packed.write_bytes(packed.read_bytes()[:-2000])
    with pytest.raises(ModelError, match=r"7\.1\.tar\.gz is cut off"):
        run("predict", photo, "--bundle", packed)
    with pytest.raises(ModelError, match=r"none\.tar\.gz"):
        run("predict", photo, "--bundle", packed.with_name("none.tar.gz"))


def test_a_bundle_without_a_detector(tmp_path: Path, photo: Path) -> None:
    """Is used with the detector of the package."""
    bare = Path(shutil.copytree(bundle.SHIPPED, tmp_path / "bare"))
    (bare / bundle.DETECTOR).unlink()
    size = bundle.load(bundle.SHIPPED).manifest.input.size
    bundle.write_manifest(bare, version="1.0", labels=LABELS, input={"size": size})
    assert run("predict", "--bundle", bare, photo).exit_code == 0
