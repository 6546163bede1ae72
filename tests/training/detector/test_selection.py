"""Choosing a checkpoint and a working point on validation frames."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.contract import Label
from edge.errors import ConfigError, ModelError
from edge.types import Box
from tests.support.detector import SMALL, lively_weights, picture
from tests.support.detector_frames import frames
from training.data.readers import DataLayout, FaceRecord
from training.detector import onnx_export, parity, selection
from training.detector import selection as detector_selection
from training.detector import trainer as detector_trainer
from training.detector.metrics import Matches

RECIPE = detector_trainer.DetectorRecipe(
    steps=6, every=2, warm_up=2, rate=2e-3, shapes=((2, 64),), body=(16, 16, 16), refine=(1, 0, 0)
)


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
    choice = detector_selection.choose(run.folder, selection.KnownWeights(lively_weights(seed=9)), trial, out)
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
        FaceRecord(str(n), Path("a"), Box(0, 0, 30, 30), one, DataLayout.FRAME)
        for n, one in enumerate(labels)
    )
    found = Matches(1, faces, np.array([0.9, 0.0] + [0.9] * 6), np.zeros(0))
    assert detector_selection.recall_at([found], [0.0]) == (0.75,)


def matched(*groups: tuple[str, int, int]) -> Matches:
    """Masked faces of sources: so many found, so many missed."""
    faces, scores = [], []
    for source, hits, misses in groups:
        for number in range(hits + misses):
            key = f"frame/{source}/{number}.png#0"
            faces.append(FaceRecord(key, Path("a"), Box(0, 0, 30, 30), Label.WITH_MASK, DataLayout.FRAME))
            scores.append(0.9 if number < hits else 0.0)
    return Matches(1, tuple(faces), np.array(scores), np.zeros(0))


def test_a_small_source_weighs_as_much_as_a_large_one() -> None:
    """Ten faces of it, half of them missed, cost as much as half of a hundred; two faces say nothing."""
    found = matched(("large", 100, 0), ("small", 5, 5), ("handful", 0, 2))
    assert detector_selection.recall_at([found], [0.0]) == (0.75,)


def test_handfuls_count_where_there_is_nothing_else() -> None:
    """A small data set is judged as well as it can be."""
    assert detector_selection.recall_at([matched(("handful", 1, 1))], [0.0]) == (0.5,)


def test_of_mixtures_that_find_as_many_faces_the_calmest_is_taken() -> None:
    """A small loss of recall is chance and worth calm; a large one is not."""
    one, two, three = (selection.DetectorMixture(Path("step000001.onnx"), share) for share in (1.0, 0.7, 0.5))
    tried = [
        detector_selection.DetectorCandidate(one, 0.950, 0.5),
        detector_selection.DetectorCandidate(two, 0.945, 0.1),
        detector_selection.DetectorCandidate(three, 0.900, 0.0),
    ]
    assert detector_selection._preferred(tried) == two


def test_a_mixture_is_the_mean_of_two_runs_and_then_of_the_start(tmp_path: Path) -> None:
    """Half of 2 and half of 4 are 3; 0.7 of it and 0.3 of 1 are 2.4."""
    names = [np.full_like(value, 2.0) for value in lively_weights(seed=1)]
    onnx_export.save(SMALL, names, tmp_path / "step000001.onnx")
    known = selection.KnownWeights([value / 2 for value in names], [value * 2 for value in names])
    for earlier, expected in ((True, 2.4), (False, 1.7)):
        selection.DetectorMixture(tmp_path / "step000001.onnx", 0.7, earlier).write(
            known, tmp_path / "m.onnx"
        )
        _, mixed = onnx_export.read(tmp_path / "m.onnx")
        assert all(value == pytest.approx(expected) for value in mixed)


def test_another_network_is_not_mixed_in(run: detector_trainer.DetectorRun) -> None:
    """Its numbers mean something else."""
    assert len(selection.earlier_weights(run.onnx(1), SMALL)) == len(lively_weights(seed=1))
    with pytest.raises(ConfigError, match=r"step000001\.onnx has another network"):
        selection.earlier_weights(run.onnx(1), detector_trainer.DetectorRecipe().design)


@pytest.mark.parametrize("content", [b"", b"not a model"])
def test_a_file_of_another_program_is_not_mixed_in(tmp_path: Path, content: bytes) -> None:
    """The sentence says which file would do, in words of this project."""
    file = tmp_path / "other.onnx"
    file.write_bytes(content)
    with pytest.raises(
        ModelError, match=r"other\.onnx is no detector that maskgate-train exported; name the"
    ):
        selection.earlier_weights(file, SMALL)


def test_a_finished_run_says_where_its_detector_comes_from(
    run: detector_trainer.DetectorRun, trial: detector_selection.DetectorTrial
) -> None:
    """The summary names the file's digest, the start, the data and the difference to OpenCV."""
    origin = selection.origin_of(trial.rival, "abc")
    summary = selection.finish(run, selection.KnownWeights(lively_weights(seed=9)), trial, origin)
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
        selection.finish(run, selection.KnownWeights(lively_weights(seed=9)), trial, {})


def test_choosing_needs_checkpoints(tmp_path: Path) -> None:
    """An empty run is named."""
    nothing = selection.trial_of(frames(tmp_path), [], tmp_path / "rival.onnx")
    with pytest.raises(ConfigError, match=tmp_path.name):
        detector_selection.choose(tmp_path, selection.KnownWeights(()), nothing, tmp_path / "detector.onnx")
