"""`maskgate-train evaluate`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from edge import bundle
from edge.contract import LABELS
from edge.errors import ModelError
from tests.support import bundles
from tests.support.predictions import evidence, sure
from training.commands import maskgate_train
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import fold_results
from training.evaluation.evaluate import candidates


def run(*arguments: object) -> Result:
    return CliRunner().invoke(maskgate_train, [str(one) for one in arguments])


def test_json_of_the_shipped_bundle(split: Path) -> None:
    """`--json` gives one object with a row per slice and model."""
    done = run("evaluate", bundle.SHIPPED, split, "--cache", split.parent / "cache", "--json")
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)["main"]
    assert {row["model"] for row in rows} == {"int8"}
    assert rows[0]["plain"]["faces"] == sum(
        face.part is SplitPart.TEST for face in SplitManifest.load(split).faces
    )


def test_two_models_side_by_side(split: Path) -> None:
    """A model beside the first gets rows of its own on the same faces."""
    cache = split.parent / "cache"
    done = run(
        "evaluate", bundle.SHIPPED, split, "--beside", bundle.SHIPPED / bundle.CLASSIFIER, "--cache", cache
    )
    assert done.exit_code == 0, done.output
    assert "int8 models" in done.stdout
    assert "int8 classifier.tflite" in done.stdout


def test_all_faces_of_a_folder(split: Path) -> None:
    """With part `all` every face counts, whichever side it is on."""
    done = run(
        "evaluate", bundle.SHIPPED, split, "--part", "all", "--cache", split.parent / "cache", "--json"
    )
    rows = json.loads(done.stdout)["main"]
    assert rows[0]["plain"]["faces"] == len(SplitManifest.load(split).faces)


def test_pooled_folds(tmp_path: Path) -> None:
    """`--folds` needs no model: it pools what the folds stored."""
    for fold in range(2):
        (tmp_path / str(fold)).mkdir()
        fold_results.save(
            evidence([0, 1, 2], sure(0, 1, 2), fold=fold), tmp_path / str(fold) / "predictions.npz"
        )
    done = run("evaluate", "--folds", tmp_path, "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["main"][0]["plain"]["faces"] == 6
    notes = tmp_path / "notes.csv"
    notes.write_text("source,image,flag\nf,0-1,in doubt\n")
    done = run("evaluate", "--folds", tmp_path, "--notes", notes, "--json")
    assert json.loads(done.stdout)["main"][0]["plain"]["faces"] == 5


def test_the_thresholds_of_a_bundle(tmp_path: Path) -> None:
    """`--thresholds` stands for those that would be chosen; a face without an answer counts as wrong."""
    bare_called_masked = np.array([[0.6, 0.4, 0.0], [0.1, 0.9, 0.0]])
    for fold in range(2):
        (tmp_path / str(fold)).mkdir()
        fold_results.save(
            evidence([1, 1], bare_called_masked, fold=fold), tmp_path / str(fold) / "predictions.npz"
        )
    for threshold, row in ((0.5, [2, 2, 0, 0]), (0.7, [0, 2, 0, 2])):
        made = bundles.make(tmp_path / f"bundle-{threshold}")
        bundles.change(made, resign=True, thresholds=dict.fromkeys(LABELS, threshold))
        done = run("evaluate", "--folds", tmp_path, "--thresholds", made, "--json")
        assert done.exit_code == 0, done.output
        found = json.loads(done.stdout)["main"][0]
        assert found["thresholds"] == [threshold] * 3
        assert found["strict"]["confusion"][1] == row
        assert found["strict"]["unanswered"]["value"] == row[3] / 4
        assert found["strict"]["accuracy"]["value"] == 0.5
    bundles.change(made, resign=True, thresholds={})
    assert "has no thresholds" in str(run("evaluate", "--folds", tmp_path, "--thresholds", made).exception)


def test_neither_model_nor_folds() -> None:
    """Without anything to judge the command says what to name."""
    done = run("evaluate")
    assert done.exit_code == 2
    assert "--folds" in done.output


def test_a_folder_without_a_model(tmp_path: Path) -> None:
    """A folder that is neither bundle nor run is refused with a sentence."""
    with pytest.raises(ModelError, match="neither a bundle nor a run folder"):
        candidates([tmp_path])


def test_a_run_folder_brings_both(tmp_path: Path) -> None:
    """A run folder with a bundle in it gives the columns float and int8."""
    (tmp_path / "model.keras").touch()
    (tmp_path / "bundle").mkdir()
    assert [one.name for one in candidates([tmp_path])] == ["float", "int8"]


@pytest.mark.parametrize(
    "command", ["data", "fit", "folds", "thresholds", "evaluate", "report", "compare", "gate", "add"]
)
def test_help_needs_no_extra(command: str) -> None:
    """On an install without the training packages every command still explains itself."""
    missing = ("sklearn", "scipy", "imagehash", "PIL", "matplotlib", "jinja2", "tensorflow", "keras")
    block = f"import sys; sys.modules.update(dict.fromkeys({missing}))"
    code = f"{block}\nfrom training.commands import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, command, "--help"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Example" in done.stdout
