"""Training: it learns, it goes on where it stopped, it chooses on validation frames."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import tensorflow as tf
from click.testing import CliRunner

from edge.contract import Label
from edge.errors import ConfigError, ModelError
from edge.types import Box
from tests.support.detector import SMALL, lively_weights, picture, stock
from tests.support.training import draw_face
from training.commands import maskgate_train
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.data.readers import FaceRecord, FaceSource
from training.detector import (
    losses,
    onnx_export,
    parity,
    selection,
)
from training.detector import (
    selection as detector_selection,
)
from training.detector import (
    trainer as detector_trainer,
)
from training.detector.batches import batch
from training.detector.metrics import Matches, Truth
from training.detector.network import random_weights

RECIPE = detector_trainer.DetectorRecipe(
    steps=6, every=2, warm_up=2, rate=2e-3, shapes=((2, 64),), body=(16, 16, 16), refine=(1, 0, 0)
)


def test_training_lowers_the_loss() -> None:
    """After some steps on one batch its loss is clearly lower than before."""
    recipe = detector_trainer.DetectorRecipe(
        steps=60, warm_up=5, rate=5e-3, shapes=((4, 96),), body=(32, 32, 32)
    )
    trainer = detector_trainer.DetectorTrainer(recipe, random_weights(recipe.design, 0))
    one = batch(stock(), 0, 7, recipe.shapes)
    rows = np.array([trainer.train(one).numpy() for _ in range(60)])
    weighed = rows @ [losses.BOX, losses.MARKS, losses.SCORE, losses.FACE]
    assert np.isfinite(rows).all()
    assert weighed[-5:].mean() < 0.7 * weighed[:5].mean()


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(tmp_path: Path) -> None:
    """Steps, averages and the optimizer's state go on from the checkpoint."""
    start = random_weights(RECIPE.design, 0)
    whole, parts = (detector_trainer.begin(tmp_path, name, RECIPE) for name in ("whole", "parts"))
    detector_trainer.train(whole, RECIPE, start, stock(), lambda _: None)
    rows: list[float] = []

    def kill(row: object) -> None:
        rows.append(row["step"])  # type: ignore[index]
        if len(rows) == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        detector_trainer.train(parts, RECIPE, start, stock(), kill)
    run, recipe = detector_trainer.reopen(parts.folder)
    detector_trainer.train(run, recipe, random_weights(RECIPE.design, 99), stock(), kill)
    assert rows == [2, 4, 6]
    pairs = zip(onnx_export.read(whole.onnx(6))[1], onnx_export.read(run.onnx(6))[1], strict=True)
    assert all(np.allclose(one, other, atol=1e-5) for one, other in pairs)


def test_a_folder_of_something_else_is_no_run(tmp_path: Path) -> None:
    """The error names it."""
    with pytest.raises(ConfigError, match=tmp_path.name):
        detector_trainer.reopen(tmp_path)


def test_losses_vanish_where_nothing_is_wrong() -> None:
    """Equal boxes and right scores cost nothing, others do."""
    boxes = tf.constant([[0.0, 0.0, 10.0, 20.0], [5.0, 5.0, 25.0, 15.0]])
    np.testing.assert_allclose(losses.eiou(boxes, boxes), 0, atol=1e-6)
    assert (losses.eiou(boxes, tf.reverse(boxes, [0])).numpy() > 0.5).all()
    sure = tf.constant([20.0, -20.0])
    np.testing.assert_allclose(losses.quality_focal(sure, tf.constant([1.0, 0.0])), 0, atol=1e-6)
    assert (losses.quality_focal(sure, tf.constant([0.0, 1.0])).numpy() > 5).all()


def frames(folder: Path) -> list[Truth]:
    made = []
    for number in range(3):
        image = folder / f"{number}.png"
        cv2.imwrite(str(image), draw_face(seed=number))
        face = FaceRecord(f"frame/{number}#0", image, Box(20, 15, 60, 80), Label.WITH_MASK, FaceSource.FRAME)
        made.append(Truth(image, (face,)))
    return made


@pytest.fixture
def run(tmp_path: Path) -> detector_trainer.DetectorRun:
    """A run with two checkpoints of random weights."""
    found = detector_trainer.begin(tmp_path, "run", RECIPE)
    for step in (1, 2):
        onnx_export.save(SMALL, lively_weights(seed=step), found.onnx(step))
    return found


@pytest.fixture
def trial(
    tmp_path: Path, run: detector_trainer.DetectorRun, monkeypatch: pytest.MonkeyPatch
) -> detector_selection.DetectorTrial:
    """Three frames, a picture of nobody, and a rival that sees faces everywhere."""
    monkeypatch.setattr(detector_selection, "VIEWS", (0,))
    monkeypatch.setattr(parity, "SIZES", ((64, 96),))
    onnx_export.shift_scores(run.onnx(1), 4.0, tmp_path / "rival.onnx")
    cv2.imwrite(str(tmp_path / "calm.png"), picture(90, 60))
    return selection.trial_of(frames(tmp_path), [tmp_path / "calm.png"], tmp_path / "rival.onnx")


def test_the_chosen_point_allows_no_more_unmatched_boxes(
    run: detector_trainer.DetectorRun, trial: detector_selection.DetectorTrial
) -> None:
    """The written detector stays below the rival's at the device's threshold, over the frames."""
    out = run.folder / "detector.onnx"
    choice = detector_selection.choose(run.folder, lively_weights(seed=9), trial, out)
    assert choice.step in (1, 2)
    assert choice.share in detector_selection.SHARES
    (ours,), (rival,) = (
        detector_selection.look(out, trial.frames),
        detector_selection.look(trial.rival, trial.frames),
    )
    assert rival.unmatched_per_frame(detector_selection.THRESHOLD) > 0
    allowed = rival.unmatched_per_frame(detector_selection.THRESHOLD) * detector_selection.CAUTION
    assert ours.unmatched_per_frame(detector_selection.THRESHOLD) <= allowed
    assert not (run.folder / "mixture.onnx").exists()


def test_bare_faces_weigh_as_much_as_all_others() -> None:
    """One bare face missed out of two costs as much as half of the masked ones."""
    labels = [Label.WITHOUT_MASK] * 2 + [Label.WITH_MASK] * 6
    faces = tuple(
        FaceRecord(str(n), Path("a"), Box(0, 0, 30, 30), one, FaceSource.FRAME)
        for n, one in enumerate(labels)
    )
    found = Matches(1, faces, np.array([0.9, 0.0] + [0.9] * 6), np.zeros(0))
    assert detector_selection.recall_at([found], [0.0]) == (0.75,)


def test_of_mixtures_that_find_as_many_faces_the_calmest_is_taken() -> None:
    """A small loss of recall is chance and worth calm; a large one is not."""
    file = Path("step000001.onnx")
    tried = [
        detector_selection.DetectorCandidate(file, 1.0, 0.950, 0.5),
        detector_selection.DetectorCandidate(file, 0.7, 0.945, 0.1),
        detector_selection.DetectorCandidate(file, 0.5, 0.900, 0.0),
    ]
    assert detector_selection._preferred(tried) == (file, 0.7)


def test_a_finished_run_says_where_its_detector_comes_from(
    run: detector_trainer.DetectorRun, trial: detector_selection.DetectorTrial
) -> None:
    """The summary names the file's digest, the start, the data and the difference to OpenCV."""
    origin = selection.origin_of(trial.rival, "abc")
    summary = selection.finish(run, lively_weights(seed=9), trial, origin)
    stored = json.loads((run.folder / selection.SUMMARY).read_text())
    assert stored == json.loads(json.dumps(summary))
    assert stored["sha256"] == hashlib.sha256((run.folder / selection.RESULT).read_bytes()).hexdigest()
    assert "rival.onnx" in stored["started_from"]
    assert stored["dataset_fingerprint"] == "abc"
    assert stored["largest_difference"] < parity.LIMIT


def test_numbers_that_differ_in_opencv_stop_the_run(
    run: detector_trainer.DetectorRun,
    trial: detector_selection.DetectorTrial,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A detector that OpenCV computes otherwise is not handed out without a word."""
    monkeypatch.setattr(parity, "largest_difference", lambda *_: float("nan"))
    with pytest.raises(ModelError, match="differ"):
        selection.finish(run, lively_weights(seed=9), trial, {})


def test_choosing_needs_checkpoints(tmp_path: Path) -> None:
    """An empty run is named."""
    nothing = selection.trial_of(frames(tmp_path), [], tmp_path / "rival.onnx")
    with pytest.raises(ConfigError, match=tmp_path.name):
        detector_selection.choose(tmp_path, (), nothing, tmp_path / "detector.onnx")


def test_evaluating_from_the_command_line(detector: Path, tmp_path: Path) -> None:
    """The command prints one JSON object and writes the page and the sheet of misses."""
    (tmp_path / "images").mkdir()
    faces = [
        SplitFace(one.faces[0], number, SplitPart.TEST)
        for number, one in enumerate(frames(tmp_path / "images"))
    ]
    split = tmp_path / "split.json"
    split.write_text(SplitManifest.of(faces, 7, "none").model_dump_json())
    command = ["evaluate-detector", str(detector), "--split", str(split), "--threshold", "1", "--json"]
    command += ["--html", str(tmp_path / "report.html"), "--misses", str(tmp_path / "misses.png")]
    done = CliRunner().invoke(maskgate_train, command, catch_exceptions=False)
    assert done.exit_code == 0
    assert '"20 px and more: faces": 3.0' in done.output
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "misses.png").exists()
