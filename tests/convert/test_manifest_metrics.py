"""Figures and decision in the manifest of a bundle."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from convert.manifest_metrics import Predictors, decide_on, of_folds, of_test
from edge import bundle
from edge.contract import LABELS
from edge.errors import ConfigError, GateError
from tests.support.convert import Trained, commands, material
from tests.support.paths import ROOT
from tests.support.predictions import evidence, sure
from training.data.dataset import FaceDataset
from training.data.manifest import SplitPart
from training.evaluation.predictions import Predictions, pool
from training.evaluation.thresholds import load_limits

TRUTH = [0] * 20 + [1] * 20 + [2] * 20


def folds(int8: np.ndarray) -> Predictions:
    """Two folds of a float model that is always right, and of an int8 model in the second fold."""
    parts = []
    for fold, said in enumerate((sure(*TRUTH), int8)):
        found = evidence(TRUTH, sure(*TRUTH), fold=fold, name="float")
        parts.append(
            replace(found, columns=(*found.columns, replace(found.columns[0], name="int8", shares=said)))
        )
    return pool(parts).cross_thresholds()


def answering(faces: FaceDataset, *, unsure: int = 0) -> Predictors:
    """A model that knows all faces, but is not sure of the first ones."""
    shares = sure(*faces.truth().tolist())
    shares[:unsure] = (0.4, 0.3, 0.3)
    return Predictors(lambda crops: shares, lambda crops: shares, 32)


@pytest.mark.slow
def test_the_manifest_tells_where_the_bundle_comes_from(trained: Trained, converted: Path) -> None:
    """Version, run, data, tools, what set its ranges, and how near it is to the float model."""
    manifest = bundle.load(converted).manifest
    assert (manifest.version, manifest.training_run) == ("1.2.0", "run")
    assert manifest.dataset_fingerprint == "f" * 64
    assert {"maskgate", "keras", "ai-edge-litert"} <= set(manifest.tools)
    assert manifest.metrics["representative_with_mask"] == 72
    assert manifest.metrics["parity_agreement"] == 1
    low, high = manifest.intervals["macro_f1"]
    assert low <= manifest.metrics["macro_f1"] <= high
    assert (manifest.schema_version, manifest.thresholds) == (2, {})


def test_folds_give_thresholds_and_sizes() -> None:
    """Figures are of answers at thresholds that were chosen on the other fold."""
    found = of_folds(folds(sure(*TRUTH)), load_limits())
    assert found.thresholds == dict.fromkeys(LABELS, 0.50001)
    assert set(found.smallest_px) == set(LABELS)
    assert (found.metrics["macro_f1"], found.metrics["float_macro_f1"], found.metrics["unanswered"]) == (
        1,
        1,
        0,
    )
    assert found.intervals["unanswered"][0] == 0


def test_a_face_without_an_answer_is_wrong_in_the_manifest() -> None:
    """What the second fold is not sure of has no answer, and the float model stands as it is."""
    unsure = sure(*TRUTH)
    unsure[:4] = (0.4, 0.3, 0.3)
    found = of_folds(folds(unsure), load_limits())
    assert found.metrics["unanswered"] == pytest.approx(4 / 120, abs=1e-5)
    assert found.metrics["recall_with_mask"] == 0.9
    assert found.metrics["float_macro_f1"] == 1


def test_folds_that_cannot_hold_the_limits_are_refused() -> None:
    """A bundle would break at the door what was stated."""
    wrong = sure(*TRUTH)
    wrong[20:24] = sure(0, share=0.95)[0]
    with pytest.raises(GateError, match="no thresholds hold the limits: unanswered"):
        of_folds(folds(wrong), load_limits())


def test_folds_of_a_comparison_have_no_int8_model() -> None:
    """The sentence says what to finish."""
    alone = [evidence(TRUTH, sure(*TRUTH), fold=fold, name="float") for fold in range(2)]
    with pytest.raises(ConfigError, match="no answers of int8 models"):
        of_folds(pool(alone), load_limits())


def test_without_folds_a_decision_is_chosen_on_validation_faces_and_applied_to_the_test_faces() -> None:
    """A test face that reaches no threshold is wrong in the figures of both models."""
    faces = material(60)
    validation, test = faces.of(SplitPart.VALIDATION), faces.of(SplitPart.TEST)
    decision = decide_on(answering(validation), validation, load_limits())
    found = of_test(answering(test, unsure=2), test, decision)
    assert found.thresholds == dict.fromkeys(LABELS, 0.50001)
    assert found.metrics["unanswered"] == pytest.approx(2 / len(test.faces), abs=1e-5)
    assert found.metrics["float_macro_f1"] == found.metrics["macro_f1"] < 1


def test_validation_faces_that_cannot_hold_the_limits_are_refused() -> None:
    """As those of folds are; and without any face nothing can be chosen."""
    validation = material(60).of(SplitPart.VALIDATION)
    with pytest.raises(GateError, match="no thresholds hold the limits: unanswered"):
        decide_on(answering(validation, unsure=9), validation, load_limits())
    with pytest.raises(ConfigError, match="no validation faces"):
        decide_on(answering(validation), validation.of(SplitPart.TEST), load_limits())


@pytest.mark.slow
def test_a_bundle_without_folds_gets_thresholds_on_demand(trained: Trained, tmp_path: Path) -> None:
    """For every label; folds and validation faces are not named together, nor notes without folds."""
    calls = (
        trained.convert("run", tmp_path / "bundle", "--decide"),
        trained.convert("run", tmp_path / "other", "--decide", "--folds", tmp_path),
        trained.convert("run", tmp_path / "other", "--notes", ROOT / "training" / "notes.csv"),
    )
    decided, both, noted = commands(*calls)
    assert decided.code == 0, decided.err
    assert set(bundle.load(tmp_path / "bundle").manifest.thresholds) == set(LABELS)
    assert (both.code, "not both" in both.err) == (2, True)
    assert (noted.code, "name both" in noted.err) == (2, True)
