"""Runs and their figures, alone and beside each other."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edge.errors import ConfigError
from tests.support.predictions import evidence, sure
from training.classifier.recipe import Recipe
from training.classifier.run import RunInputs, TrainingRun, start_at
from training.data.manifest import SplitManifest
from training.evaluation import fold_results
from training.evaluation.predictions import Predictions
from training.workbench import run_catalogue

TRUTH = [0, 1, 2, 1]


def run_of(folder: Path, told: Predictions | None = None, name: str = "default") -> TrainingRun:
    """A run that has ended, with the answers that it has kept."""
    run = start_at(folder, RunInputs(Recipe(name=name), SplitManifest.of([], 1, "f")))
    if told is not None:
        run.add_epoch({"epoch": 0, "loss": 1.0})
        run.model.touch()
        run.write("metrics.json", {"all": {"faces": 4, "macro_f1": 0.75, "classes": []}})
        fold_results.save(told, folder / fold_results.JUDGED)
    return run


def test_all_runs_are_listed(tmp_path: Path) -> None:
    """Finished and unfinished ones, and folds; what is no run is passed over."""
    run_of(tmp_path / "one", evidence(TRUTH, sure(*TRUTH), name="float")).write(
        "gate.json", {"passed": False}
    )
    run_of(tmp_path / "two", name="small")
    (tmp_path / "three").mkdir()
    fold_results.save(evidence(TRUTH, sure(*TRUTH)), tmp_path / "folds" / "1" / fold_results.PREDICTIONS)
    broken = run_of(tmp_path / "broken")
    (broken.folder / "recipe.json").write_text("{}}")
    found = {run.id: run for run in run_catalogue.runs_in(tmp_path)}
    assert found.keys() == {"one", "two", "folds"}
    one, two, folds = found["one"], found["two"], found["folds"]
    assert (one.finished, one.epochs, one.promoted, one.answers) == (True, 1, False, True)
    assert one.figures == {"faces": 4, "macro_f1": 0.75}
    assert (two.recipe, two.finished, two.promoted, two.answers) == ("small", False, None, False)
    assert (folds.finished, folds.answers, folds.report, folds.bundle) == (True, True, None, None)


def test_no_folder_of_runs(tmp_path: Path) -> None:
    """Has none."""
    assert run_catalogue.runs_in(tmp_path / "absent") == ()


def test_runs_are_compared(tmp_path: Path) -> None:
    """On the faces of both, in one order; where they disagree, the sure and wrong answer comes first."""
    one = evidence(TRUTH, sure(0, 1, 2, 1), name="float")
    two = evidence([*TRUTH, 0], np.vstack([sure(0, 0, 2), sure(0, share=0.6), sure(0)]), name="float")
    run_of(tmp_path / "one", one)
    # In another order, as after pictures were added.
    run_of(tmp_path / "two", two.select(np.array([4, 2, 1, 0, 3])))
    found = run_catalogue.compare([tmp_path / "one", tmp_path / "two"])
    assert [column.name for column in found.predictions.columns] == ["one", "two"]
    assert found.predictions.keys == one.keys
    assert found.disagreements == (1, 3)
    assert {row.model for row in found.result.main} == {"one", "two"}
    assert found.result.changes[0].models == ("one", "two")


def test_thresholds_and_traits_are_kept(tmp_path: Path) -> None:
    """So that slices by light, and answers as on a device, need no picture."""
    told = evidence(TRUTH, sure(*TRUTH), name="float")
    told = told.with_thresholds([(0.95, 0.8, 0.95)])
    told = replace(
        told, traits=replace(told.traits, **dict.fromkeys(("sharpness", "brightness"), np.ones(4)))
    )
    run_of(tmp_path / "one", told)
    found = run_catalogue.answers_of(tmp_path / "one")
    assert found.columns[0].answers().tolist() == [3, 1, 3, 1]
    assert found.traits.brightness.tolist() == [1, 1, 1, 1]
    assert np.isnan(found.traits.tone).all()


def test_the_worst_answers_come_first(tmp_path: Path) -> None:
    """Bare faces that were called masked before all others, and of each kind the surest first."""
    told = evidence([1, 1, 2, 0], np.vstack([sure(0, share=0.8), sure(0), sure(1), sure(0)]), name="float")
    run_of(tmp_path / "one", told)
    found = run_catalogue.wrong_answers(tmp_path / "one")
    assert [one.key for one in found] == [told.keys[1], told.keys[0], told.keys[2]]
    assert found[0].caption == "bare → masked 0.90, 50 px"


def test_a_learning_curve_is_no_run(tmp_path: Path) -> None:
    """Its trainings are not to be compared."""
    fold_results.save(evidence(TRUTH, sure(*TRUTH)), tmp_path / "curve" / "1" / fold_results.PREDICTIONS)
    (tmp_path / "curve" / run_catalogue.CURVE).write_text("{}")
    assert run_catalogue.runs_in(tmp_path) == ()


@pytest.mark.parametrize(("share", "found"), [("all", 0), ("25", 0), ("without-door", 0), ("weekend", 1)])
def test_a_learning_curve_that_is_not_finished(tmp_path: Path, share: str, found: int) -> None:
    """Is none either, while folds in a folder of another name are."""
    fold_results.save(
        evidence(TRUTH, sure(*TRUTH)), tmp_path / "one" / share / "fold-0" / fold_results.PREDICTIONS
    )
    assert len(run_catalogue.runs_in(tmp_path)) == found


def test_runs_that_cannot_be_compared(tmp_path: Path) -> None:
    """Of other faces, and without answers."""
    run_of(tmp_path / "one", evidence(TRUTH, sure(*TRUTH), name="float"))
    run_of(tmp_path / "two", evidence(TRUTH, sure(*TRUTH), fold=1, name="float"))
    run_of(tmp_path / "three")
    with pytest.raises(ConfigError, match="one, two were judged on different faces"):
        run_catalogue.compare([tmp_path / "one", tmp_path / "two"])
    with pytest.raises(ConfigError, match=r"three holds no predictions\.npz"):
        run_catalogue.compare([tmp_path / "one", tmp_path / "three"])
