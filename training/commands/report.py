"""`maskgate-train report`: one HTML page and a model card about models on labelled faces."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli.options import EXISTING, FILE, json_option
from edge.cli.output import json_text
from training import framework
from training.classifier import stored
from training.classifier.run import TrainingRun
from training.commands.evaluate import EvaluationRequest, gather, takes_request
from training.data.dataset import FaceDataset
from training.data.manifest import SplitManifest
from training.evaluation import evaluate as evaluation
from training.evaluation import learning_curve, results
from training.evaluation.predictions import Predictions

if TYPE_CHECKING:
    from training.evaluation.report.galleries import Gallery


@click.command()
@takes_request
@json_option
@click.option(
    "--run", type=EXISTING, help="Run folder whose history and recipe to show (MODEL, if it is one)."
)
@click.option(
    "--learning-curve", "curve", type=EXISTING, help="Folder of maskgate-train learning-curve, to show too."
)
@click.option("--faces/--no-faces", default=True, help="Show pictures of people from the data, or none.")
@click.option("--title", default="Mask classifier", show_default=True, help="Of the report.")
@click.option(
    "-o", "--output", type=FILE, default=Path("report"), show_default=True, help="Folder for both files."
)
def report(
    request: EvaluationRequest,
    run: Path | None,
    curve: Path | None,
    faces: bool,
    title: str,
    output: Path,
    as_json: bool,
) -> None:
    """Writes report.html, which needs nothing from elsewhere, and model-card.md.

    MODEL, DATA and --folds are as for `maskgate-train evaluate`. Heat maps need a float model.

    \b
    Examples:
      maskgate-train report runs/20250101-120000-default split.json
      maskgate-train report --folds runs/folds split.json --no-faces -o docs/report
    """
    framework.set_quiet_environment()
    from training.evaluation.report import report as pages

    # Before models run for minutes.
    growth = learning_curve.read(curve) if curve else None
    predictions, material = gather(request)
    shown = material if faces else None
    extras = replace(
        pages.of_run(_run(run, request.paths), _manifest(request.paths)),
        worst=_worst(predictions, shown),
        looked_at=_looked_at(request, predictions, shown),
        curve=growth,
    )
    one = pages.page(predictions, results.evaluate(predictions), extras, title)
    file, card = pages.write(one, output)
    found = {"report": str(file), "card": str(card)}
    click.echo(json_text(found | pages.summary(one)) if as_json else "\n".join(found.values()))


def _manifest(paths: tuple[Path, ...]) -> SplitManifest | None:
    split = next((path for path in paths if path.suffix == ".json"), None)
    return SplitManifest.load(split) if split else None


def _run(named: Path | None, paths: tuple[Path, ...]) -> TrainingRun | None:
    folders = [folder for folder in (named, *paths[:1]) if folder and (folder / "recipe.json").exists()]
    return TrainingRun(folders[0]) if folders else None


def _worst(predictions: Predictions, material: FaceDataset | None) -> tuple[Gallery, ...]:
    if material is None:
        return ()
    from training.evaluation.report import galleries

    int8 = [column for column in predictions.columns if column.name.startswith("int8")]
    # The model that runs on a device, where it is among them.
    return galleries.worst(predictions, (*int8, *predictions.columns)[0], material)


def _looked_at(
    request: EvaluationRequest, predictions: Predictions, material: FaceDataset | None
) -> tuple[Gallery, ...]:
    # Every fold has a network of its own; none of them may be asked about all faces.
    if material is None or request.folds:
        return ()
    models = evaluation.candidates((request.paths[0], *request.beside))
    for one, column in zip(models, predictions.columns, strict=True):
        if stored.is_network(one.path):
            from training.evaluation.report import galleries

            return galleries.looked_at(stored.load(one.path), predictions, column, material)
    return ()
