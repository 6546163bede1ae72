"""`maskgate-train thresholds`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from edge.errors import ConfigError, GateError
from tests.support.predictions import evidence, sure
from training.commands import maskgate_train
from training.evaluation import fold_results


def run(*arguments: object) -> Result:
    return CliRunner().invoke(maskgate_train, ["thresholds", *map(str, arguments)])


@pytest.fixture
def folds(tmp_path: Path) -> Path:
    """Two folds; in each a bare face is called masked."""
    for fold in range(2):
        (tmp_path / str(fold)).mkdir()
        fold_results.save(
            evidence([0, 1, 1, 2], sure(0, 1, 0, 2), fold=fold),
            tmp_path / str(fold) / fold_results.PREDICTIONS,
        )
    return tmp_path


def test_limits_that_can_be_held(folds: Path, tmp_path: Path) -> None:
    """The thresholds and what they cost, as a table and as JSON."""
    lenient = tmp_path / "limits.toml"
    lenient.write_text(
        "bare_called_masked = 0.0\nbare_called_incorrect = 0.5\nincorrect_precision = 0.5\n"
        "unanswered = 0.9\ntrusted_precision = 0.5\n"
    )
    table = run(folds, "--limits", lenient)
    assert table.exit_code == 0, table.output
    assert "bare_called_masked" in table.stdout
    found = json.loads(run(folds, "--limits", lenient, "--json").stdout)
    assert found["thresholds"]["with_mask"] > 0.9
    assert found["thresholds"]["without_mask"] == 0.50001
    assert [row["value"] for row in found["chosen"] if row["limit"] == "unanswered"] == [0.5]


def test_limits_that_cannot_be_held(folds: Path) -> None:
    """End in an error that names them, after the table."""
    done = run(folds)
    assert isinstance(done.exception, GateError)
    assert "unanswered is 0.5000 on all, the limit is 0.0800" in str(done.exception)
    assert "BROKEN" in done.stdout


def test_a_folder_without_folds(tmp_path: Path) -> None:
    """Is named, with what to do; so is a column that the folds do not have."""
    assert isinstance(run(tmp_path).exception, ConfigError)


def test_a_column_that_is_not_there(folds: Path) -> None:
    """Is named."""
    assert "no answers of float models" in str(run(folds, "--column", "float").exception)


def test_labels_that_were_found_wrong(folds: Path, tmp_path: Path) -> None:
    """Notes correct them without another training: of two bare faces one is masked, the other is left out."""
    notes = tmp_path / "notes.csv"
    notes.write_text("source,image,label,flag\nf,0-2,with_mask,\nf,1-2,,in doubt\n")
    found = json.loads(run(folds, "--notes", notes, "--json").stdout)
    masked = [row for row in found["chosen"] if row["limit"] == "bare_called_masked"]
    assert [row["value"] for row in masked] == [0.0] * len(masked)
    assert found["thresholds"]["with_mask"] == 0.50001
