"""Folds that were killed between any two steps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support.clusters import local_cluster
from tests.support.predictions import drawn_split
from tests.support.recipes import recipe, run, weights
from training.classifier.run import TrainingRun
from training.data.manifest import SplitManifest
from training.data.readers import source_of
from training.evaluation.fold_results import PREDICTIONS

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

SHORT = (
    ("head_epochs = 1\nepochs = 2", "head_epochs = 0\nepochs = 1"),
    ("[finish]\nepochs = 2", "[finish]\nepochs = 0"),
)


def said(fold: Path) -> dict[str, bytes]:
    """The predictions of a fold."""
    with np.load(fold / PREDICTIONS) as stored:
        return {name: stored[name].tobytes() for name in stored}


def forget(fold: Path, *names: str) -> None:
    for name in names:
        (fold / name).unlink()


def test_a_second_call_finishes_what_is_missing(tmp_path: Path) -> None:
    """Killed before the recipe was written, before calibration, before 8 bits or before the predictions, half
    a file beside them: a second call ends with the very predictions of the first."""
    options = (
        "folds", "--split", drawn_split(tmp_path), "--recipe", recipe(tmp_path, *SHORT), "--folds", 4,
        "-o", tmp_path / "folds", "--cache", tmp_path / "cache",
    )  # fmt: skip
    first = run("training", *options)
    assert first.returncode == 0, first.stderr
    folds = [tmp_path / "folds" / f"fold-{number}" for number in range(4)]
    before, models = [said(fold) for fold in folds], [weights(TrainingRun(fold).model) for fold in folds]
    for file in folds[0].iterdir():
        if file.is_file() and file.name != "split.json":
            file.unlink()
    forget(folds[1], "scaling.json", "model.keras", "int8.tflite", PREDICTIONS)
    (folds[1] / "partial-model.keras").write_bytes(b"PK")
    forget(folds[2], "int8.tflite", PREDICTIONS)
    (folds[2] / "partial-int8.tflite").write_bytes(b"TFL3")
    forget(folds[3], PREDICTIONS)
    (folds[3] / f"partial-{PREDICTIONS}").write_bytes(b"PK")
    second = run("training", *options)
    assert second.returncode == 0, second.stderr
    assert second.stdout == first.stdout
    assert [said(fold) for fold in folds] == before
    assert [weights(TrainingRun(fold).model) for fold in folds] == models
    epochs = [line for line in second.stderr.splitlines() if line.startswith("epoch")]
    assert len(epochs) == 1, "only the fold that had not begun is trained"


def test_two_workers_of_a_cluster_train_the_same_folds(tmp_path: Path) -> None:
    """Where a fold is trained makes no difference; the workers share the folder."""
    options = (
        "folds", "--split", drawn_split(tmp_path), "--recipe", recipe(tmp_path, *SHORT), "--folds", 2,
        "--cache", tmp_path / "cache",
    )  # fmt: skip
    here = run("training", *options, "-o", tmp_path / "here")
    assert here.returncode == 0, here.stderr
    with local_cluster(2) as address:
        there = run("training", *options, "-o", tmp_path / "there", "--scheduler", address)
    assert there.returncode == 0, there.stderr
    assert there.stdout == here.stdout
    assert sorted(there.stderr.splitlines()) == ["fold-0 is done", "fold-1 is done"]
    for fold in ("fold-0", "fold-1"):
        assert said(tmp_path / "there" / fold) == said(tmp_path / "here" / fold)


def test_leaving_one_source_out(tmp_path: Path) -> None:
    """Each source is tested by a model of the others; figures name it, and hard faces are written down."""
    split = drawn_split(tmp_path, 12, ("stock", "streets"))
    done = run(
        "training", "folds", "--split", split, "--recipe", recipe(tmp_path, *SHORT), "--by", "source",
        "-o", tmp_path / "sources", "--cache", tmp_path / "cache",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for name in ("stock", "streets"):
        folder = tmp_path / "sources" / f"without-{name}"
        with np.load(folder / PREDICTIONS) as stored:
            assert {source_of(str(key)) for key in stored["keys"]} == {name}
        learnt = SplitManifest.load(folder / "split.json").learnt_from()
        assert name not in {source.name for source in learnt}
        assert f"source {name}, 20 px and more" in done.stdout
    assert (tmp_path / "sources" / "hard-faces.json").exists()


def test_a_single_source_cannot_be_left_out(tmp_path: Path) -> None:
    """The sentence names it."""
    done = run(
        "training", "folds", "--split", drawn_split(tmp_path, 2), "--recipe", recipe(tmp_path), "--by",
        "source", "--cache", tmp_path / "cache",
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "one source only, frames" in done.stderr
