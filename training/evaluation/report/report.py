"""One self-contained HTML page about an evaluated classifier, and a model card in Markdown."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from edge.contract import MASK_WORN_INCORRECTLY, WITH_MASK, WITHOUT_MASK
from edge.system.files import write_atomic
from training.classifier.run import TrainingRun
from training.data.dataset import FaceDataset
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import evaluate, fold_results, learning_curve, results
from training.evaluation.intervals import Estimate
from training.evaluation.learning_curve import LearningCurve
from training.evaluation.predictions import MIN_PX, ModelPredictions, Predictions
from training.evaluation.report import charts, data_overview
from training.evaluation.report.data_overview import DatasetReport
from training.evaluation.report.galleries import Gallery
from training.evaluation.results import EvaluationResult, ResultRow
from training.framework import git_revision

PAGE, CARD = "report.html", "model-card.md"

HEADLINE = (f"frames, {MIN_PX} px and more", f"all, {MIN_PX} px and more", "all")
"""Main slices in the order in which one is taken for the figures at the top."""


@dataclass(frozen=True, slots=True)
class Extras:
    """What a report shows besides the figures, where it is at hand.

    Attributes:
        dataset: The data of the split.
        manifest: Its faces.
        epochs: Figures of every epoch of the training.
        recipe: The recipe, as text.
        worst: Galleries of wrong answers.
        looked_at: Galleries of heat maps.
        curve: What more data is worth.
    """

    dataset: DatasetReport | None = None
    manifest: SplitManifest | None = None
    epochs: Sequence[Mapping[str, float]] = ()
    recipe: str = ""
    worst: Sequence[Gallery] = ()
    looked_at: Sequence[Gallery] = ()
    curve: LearningCurve | None = None

    @property
    def shows_faces(self) -> bool:
        """Whether there are pictures of people in it."""
        return bool(self.worst or self.looked_at)


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing and the sentence that says what it shows."""

    uri: str
    about: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """All that the templates need."""

    title: str
    made: str
    predictions: Predictions
    result: EvaluationResult
    extras: Extras
    models: tuple[str, ...] = field(default=())

    @property
    def main(self) -> ModelPredictions:
        """The model of the detailed charts: the one that runs on a device, where it was evaluated."""
        found = [column for column in self.predictions.columns if column.name.startswith("int8")]
        return (*found, *self.predictions.columns)[0]

    @property
    def headline(self) -> ResultRow:
        """The row whose figures stand at the top."""
        return next(row for name in HEADLINE if (row := self.result.row(name, self.main.name)) is not None)

    @property
    def hard(self) -> tuple[ResultRow, ...]:
        """Slices of the main model."""
        return tuple(row for row in self.result.hard if row.model == self.main.name)

    @property
    def overall(self) -> tuple[ResultRow, ...]:
        """The row of all faces, of each model."""
        return tuple(row for row in self.result.main if row.name == "all")


def page(predictions: Predictions, result: EvaluationResult, extras: Extras, title: str) -> ReportPage:
    """Puts together what the templates need."""
    made = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, maskgate {version('maskgate')}"
    revision = git_revision()
    names = tuple(column.name for column in predictions.columns)
    return ReportPage(title, f"{made} {revision}".strip(), predictions, result, extras, names)


def of_run(run: TrainingRun | None, manifest: SplitManifest | None) -> Extras:
    """What a run folder and its split add to a report; what there is none of is left out."""
    return Extras(
        dataset=data_overview.describe(manifest) if manifest else None,
        manifest=manifest,
        epochs=run.epochs() if run else (),
        recipe=_recipe(run) if run else "",
    )


def _recipe(run: TrainingRun) -> str:
    """One line per section, because a recipe is long."""
    return "\n".join(f"{name}: {json.dumps(value)}" for name, value in run.recipe().model_dump().items())


def write(one: ReportPage, folder: Path) -> tuple[Path, Path]:
    """Writes the page and the card into a folder, each in one piece.

    Returns:
        `report.html` and `model-card.md`.

    Raises:
        StorageError: They cannot be written.
    """
    files = folder / PAGE, folder / CARD
    for file, text in zip(files, (html(one), card(one)), strict=True):
        write_atomic(file, text.encode())
    return files


def write_for(run: TrainingRun, manifest: SplitManifest, material: FaceDataset) -> None:
    """Reports on a finished run in its own folder, without pictures of people, and keeps what it answered.

    Its test faces are used, or those it was calibrated on where all others were trained on.
    """
    part = SplitPart.TEST if material.of(SplitPart.TEST).faces else SplitPart.VALIDATION
    predictions = evaluate.on_split((evaluate.EvaluatedModel("float", run.model),), material, part)
    fold_results.save(predictions, run.folder / fold_results.JUDGED)
    title = f"Mask classifier {run.id}, judged on its {part} faces"
    write(page(predictions, results.evaluate(predictions), of_run(run, manifest), title), run.folder)


def html(one: ReportPage) -> str:
    """The page; needs nothing from elsewhere."""
    return _environment().get_template("report.html.j2").render(page=one, charts=_charts(one))


def card(one: ReportPage) -> str:
    """The model card in Markdown, without any picture."""
    return _environment().get_template("model-card.md.j2").render(page=one)


def _environment() -> Environment:
    made = Environment(
        loader=PackageLoader("training.evaluation.report"),
        # The page only: Markdown would show the escapes.
        autoescape=select_autoescape(("html.j2",)),
        # A name that a template gets wrong must fail, not leave a gap.
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {
        "share": results.share,
        "percent": results.percent,
        "signed": results.signed,
        "changed": learning_curve.changed,
        "thresholds": results.threshold_text,
        "plain": lambda value, digits=3: "-" if not math.isfinite(value) else f"{value:.{digits}f}",
        "range": _range,
        "range_percent": lambda one: _range(one, 100, 1),
        "tint": _tint,
        "words": lambda text: text.replace("_", " "),
    }
    made.globals |= {
        "count": results.count,
        "parts": [part.value for part in SplitPart],
        "min_px": MIN_PX,
        "incorrect": MASK_WORN_INCORRECTLY,
    }
    return made


def _range(one: Estimate, scale: float = 1, digits: int = 3) -> str:
    if not math.isfinite(one.low):
        return ""
    return f"{scale * one.low:.{digits}f} to {scale * one.high:.{digits}f}"


def _tint(count: int, row: Sequence[int], right: bool) -> Markup:
    """Background of a cell of a confusion matrix: its share of the row, blue where right, red where wrong."""
    # The root keeps rare errors visible.
    strength = (count / sum(row)) ** 0.5 if sum(row) else 0
    return Markup(f"rgba({'47,111,176' if right else '179,54,43'},{0.75 * strength:.2f})")  # noqa: S704


def _charts(one: ReportPage) -> dict[str, Chart]:
    main, truth = one.main, one.predictions.truth
    masked_from = float(np.median(main.thresholds[:, WITH_MASK]))
    found = {
        "calibration": Chart(charts.calibration(one.predictions), "confidence against share that is right"),
        "ranking": Chart(charts.ranking(truth, main), "ROC and precision-recall curves by class"),
    }
    if {WITHOUT_MASK, WITH_MASK} <= set(truth.tolist()):
        found["trade"] = Chart(charts.trade(truth, main.shares, masked_from), "errors over the threshold")
    if one.hard:
        found["forest"] = Chart(charts.forest(one.hard), "accuracy by slice with intervals")
    if one.extras.curve:
        found["curve"] = Chart(charts.learning_curve(one.extras.curve), "figures over the faces to train on")
    if one.extras.epochs:
        found["history"] = Chart(charts.history(one.extras.epochs), "training by epoch")
    if one.extras.manifest:
        faces = [(face.record.box.side, face.part) for face in one.extras.manifest.assigned()]
        found["sizes"] = Chart(charts.sizes(faces), "face sizes by part of the split")
    return {name: Chart(_svg_uri(chart.uri), chart.about) for name, chart in found.items()}


def _svg_uri(text: str) -> str:
    return "data:image/svg+xml;base64," + base64.b64encode(text.encode()).decode()


def summary(one: ReportPage) -> dict[str, Any]:
    """What the command prints: the figures at the top."""
    found = one.headline
    return {
        "model": found.model,
        "slice": found.name,
        "macro_f1": found.plain.macro_f1.value,
        "bare_called_masked": found.plain.bare_called_masked.value,
        "shows_faces": one.extras.shows_faces,
    }
