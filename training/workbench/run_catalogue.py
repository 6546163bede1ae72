"""The runs below a folder with their figures, and several of them on the same faces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import ConfigError
from edge.system.parsing import parse_json
from training.classifier.run import TrainingRun
from training.evaluation import fold_results, results
from training.evaluation.evaluate import BUNDLE
from training.evaluation.learning_curve import is_begun
from training.evaluation.predictions import Predictions
from training.evaluation.report import galleries
from training.evaluation.report.report import PAGE
from training.evaluation.results import EvaluationResult

CURVE = "learning-curve.json"
"""Marks a folder of `maskgate-train learning-curve`, whose trainings are no runs to compare."""


@dataclass(frozen=True, slots=True)
class RunSummary:
    """A training run, or the folds of a recipe.

    Attributes:
        id: The name of its folder.
        folder: The folder.
        recipe: The name of its recipe; empty of folds.
        network: Of its network; empty of folds.
        finished: Whether its model is there.
        epochs: How many are done.
        figures: On its test part, by name; empty where it has none yet.
        promoted: Whether it passed the gate; None where it was not asked to.
        answers: Whether it has kept what it answered, so that it can be compared.
    """

    id: str
    folder: Path
    recipe: str
    network: str
    finished: bool
    epochs: int
    figures: Mapping[str, float]
    promoted: bool | None
    answers: bool

    @property
    def report(self) -> Path | None:
        """Its report, where there is one."""
        file = self.folder / PAGE
        return file if file.exists() else None

    @property
    def bundle(self) -> Path | None:
        """The bundle that passed the gate, where there is one."""
        folder = self.folder / BUNDLE
        return folder if folder.is_dir() else None


@dataclass(frozen=True, slots=True, eq=False)
class RunComparison:
    """Several runs on the faces that all of them were judged on.

    Attributes:
        predictions: A column for each run, named by its id.
        result: The figures of all slices.
        disagreements: The places of faces to which not all give the same answer, those first whose answer
            is wrong and sure.
    """

    predictions: Predictions
    result: EvaluationResult
    disagreements: tuple[int, ...]


def runs_in(folder: Path) -> tuple[RunSummary, ...]:
    """All runs and folders of folds directly in a folder, the newest first; none where it is missing."""
    folders = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    found = [_summary(path) for path in sorted(folders, key=lambda path: path.stat().st_mtime, reverse=True)]
    return tuple(filter(None, found))


def _summary(folder: Path) -> RunSummary | None:
    run = TrainingRun(folder)
    if (folder / CURVE).exists() or is_begun(folder):
        return None
    if not (folder / "recipe.json").exists():
        if next(folder.rglob(fold_results.PREDICTIONS), None) is None:
            return None
        return RunSummary(folder.name, folder, "", "", True, 0, {}, None, True)
    try:
        recipe, epochs = run.recipe(), len(run.epochs())
    except ValueError:
        # Of an earlier version, or damaged; the other runs are to be seen all the same.
        return None
    return RunSummary(
        id=run.id,
        folder=folder,
        recipe=recipe.name,
        network=recipe.network.name,
        finished=run.model.exists(),
        epochs=epochs,
        figures=_figures(folder),
        promoted=gate_of(folder).get("passed"),
        answers=(folder / fold_results.JUDGED).exists(),
    )


def _figures(folder: Path) -> dict[str, float]:
    found = _json(folder / "metrics.json").get("all", {})
    return {name: value for name, value in found.items() if isinstance(value, (int, float))}


def gate_of(folder: Path) -> dict[str, Any]:
    """What the gate found of a run, as its `as_json` gives it; empty where none was asked."""
    return _json(folder / "gate.json")


def _json(file: Path) -> dict[str, Any]:
    try:
        found = parse_json(file.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def answers_of(folder: Path) -> Predictions:
    """What a run answered on its test part, or what folds did on all faces: one column, named by the folder.

    Raises:
        ConfigError: It has kept nothing, or that is damaged.
    """
    file = folder / fold_results.JUDGED
    found = fold_results.read(file) if file.exists() else fold_results.load(folder)
    # Of folds the model that runs on a device, where there is one.
    column = found.columns[-1]
    return replace(found, columns=(replace(column, name=folder.name),))


@dataclass(frozen=True, slots=True)
class WrongAnswer:
    """A face that was answered wrongly: its name, and what the answer was, for people."""

    key: str
    caption: str


def wrong_answers(folder: Path) -> tuple[WrongAnswer, ...]:
    """The worst answers of a run first: those that cost most, and of these the surest.

    Raises:
        ConfigError: It has kept no answers.
    """
    told = answers_of(folder)
    return tuple(
        WrongAnswer(told.keys[at], galleries.caption(told, told.columns[0], at))
        for _, places in galleries.wrong_answers(told, told.columns[0])
        for at in places
    )


def compare(folders: Sequence[Path]) -> RunComparison:
    """Judges runs on the faces that all of them were judged on.

    Raises:
        ConfigError: There are none, or a run has kept no answers.
    """
    told = [answers_of(folder) for folder in folders]
    common = set[str](told[0].keys).intersection(*(one.keys for one in told))
    if not common:
        raise ConfigError(
            f"{', '.join(folder.name for folder in folders)} were judged on different faces; "
            "compare runs of one split"
        )
    ordered = [_only(one, common) for one in told]
    joined = replace(ordered[0], columns=tuple(one.columns[0] for one in ordered))
    return RunComparison(joined, results.evaluate(joined), _disagreements(joined))


def _only(predictions: Predictions, keys: set[str]) -> Predictions:
    """Some of the faces, in the order of their names."""
    kept = predictions.select(np.array([key in keys for key in predictions.keys], np.bool_))
    return kept.select(np.argsort(kept.keys))


def _disagreements(predictions: Predictions) -> tuple[int, ...]:
    answers = np.stack([column.answers() for column in predictions.columns])
    sure = np.stack([column.shares.max(axis=1) for column in predictions.columns])
    cost = np.where(answers != predictions.truth, sure, 0).max(axis=0)
    places = np.flatnonzero((answers != answers[0]).any(axis=0))
    return tuple(int(at) for at in places[np.argsort(-cost[places])])
