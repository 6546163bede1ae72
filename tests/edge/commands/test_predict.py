"""`maskgate predict`, used as a person would, with wrong input too."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge import bundle
from edge.contract import LABELS
from tests.support import bundles
from tests.support.commands import Run, one_sentence


def test_models_that_cannot_be_used_are_named(run: Run, photo: Path, tmp_path: Path) -> None:
    """A missing file, and a file that is no model."""
    one_sentence(run("predict", "--detector", tmp_path / "no.onnx", photo), 3, "no.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    one_sentence(run("predict", "--detector", tmp_path / "text.onnx", photo), 3, "text.onnx")
    one_sentence(run("predict", "--bundle", tmp_path, photo), 3, str(tmp_path), "manifest.json")


def test_a_model_that_is_no_detector_is_refused(run: Run, photo: Path) -> None:
    """A classifier in the detector's place does not crash."""
    one_sentence(
        run("predict", "--detector", bundle.SHIPPED / bundle.CLASSIFIER, photo), 3, "classifier.tflite"
    )


def test_pictures_that_cannot_be_read_are_named(run: Run, tmp_path: Path) -> None:
    """Missing, empty, truncated, no picture, empty folder."""
    bare = ("predict", "--no-detect")
    one_sentence(run(*bare, tmp_path / "none.jpg"), 4, "none.jpg")
    (tmp_path / "empty.jpg").write_bytes(b"")
    one_sentence(run(*bare, tmp_path / "empty.jpg"), 4, "empty.jpg")
    whole = cv2.imencode(".jpg", np.full((90, 90, 3), 77, np.uint8))[1].tobytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    one_sentence(run(*bare, tmp_path / "cut.jpg"), 4, "cut.jpg")
    (tmp_path / "text.mp4").write_text("no video")
    one_sentence(run(*bare, tmp_path / "text.mp4"), 4, "text.mp4")
    (tmp_path / "folder").mkdir()
    one_sentence(run(*bare, tmp_path / "folder"), 4, "folder")


def test_a_camera_is_no_recording(run: Run) -> None:
    """A device would never end; the sentence names it."""
    one_sentence(run("predict", "/dev/null"), 4, "/dev/null", "not a file")
    one_sentence(run("replay", "0"), 4, "0 does not exist")


def test_a_pipe_is_no_picture(run: Run, tmp_path: Path) -> None:
    """Reading it would wait for ever."""
    os.mkfifo(tmp_path / "pipe.jpg")
    one_sentence(run("predict", "--no-detect", tmp_path / "pipe.jpg"), 4, "pipe.jpg", "not a file")


def test_a_file_is_no_bundle(run: Run, photo: Path) -> None:
    """The sentence names it, without the system's error numbers."""
    result = run("predict", "--bundle", photo, photo)
    one_sentence(result, 3, f"{photo} is no bundle")
    assert "Errno" not in result.err


def test_predict_without_detection_takes_the_whole_picture(run: Run, photo: Path) -> None:
    """One face a picture, with probabilities that add up."""
    (row,) = run("predict", "--no-detect", "--json", photo).lines()
    assert (row["path"], row["frame"], row["width"], row["height"]) == (str(photo), 0, 160, 120)
    assert set(row) == {"path", "frame", "width", "height", "faces", "ms"}
    assert isinstance(row["faces"], list)
    (face,) = row["faces"]
    assert set(face) == {"box", "score", "label", "probabilities", "px", "sharpness"}
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=0.01)
    assert max(face["probabilities"], key=face["probabilities"].get) == face["label"]


@pytest.mark.shared
def test_predict_finds_faces_in_photographs(run: Run, shared: Path, tmp_path: Path) -> None:
    """As a table, and as pictures in which nobody can be recognised."""
    clip = shared / "data/clips/head-pose-face-detection-male.gif"
    shown = run("predict", "--annotate", tmp_path / "seen", clip)
    assert shown.code == 0
    assert "without_mask" in shown.out
    pictures = sorted((tmp_path / "seen").iterdir())
    assert len(pictures) == 62


def test_no_answer_is_shown_as_unsure(run: Run, tmp_path: Path) -> None:
    """In table, JSON and picture, with the share of the likeliest label; nothing breaks on it."""
    copy = tmp_path / "bundle"
    shutil.copytree(bundle.SHIPPED, copy)
    never = dict.fromkeys(LABELS, 1.5)
    bundles.change(copy, resign=True, schema=2, thresholds=never)
    crop = tmp_path / "crop.png"
    cv2.imwrite(str(crop), bundle.golden_crop(34, 128, "face")[:, :, ::-1])
    asked = ("predict", "--no-detect", "--bundle", copy, crop)
    table = run(*asked)
    assert table.code == 0, table.err
    shown = json.loads(run(*asked, "--json", "--annotate", tmp_path / "seen").out)["faces"][0]
    assert shown["label"] == "unsure"
    assert f"unsure  {max(shown['probabilities'].values()):.0%}" in " ".join(
        table.out.split(" " * 1)
    ).replace("   ", "  ")
    assert len(list((tmp_path / "seen").iterdir())) == 1
    shipped = json.loads(run("predict", "--no-detect", "--json", crop).out)["faces"][0]
    assert shown["probabilities"] == shipped["probabilities"]
    assert shipped["label"] == "with_mask"
