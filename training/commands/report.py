"""`maskgate-train report`: one HTML page and a model card about models on labelled faces."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE
from training import framework
from training.classifier.run import TrainingRun
from training.commands.evaluate import evidence_options, gather
from training.data.dataset import FaceDataset
from training.data.manifest import SplitManifest
from training.evaluation import evaluate as judging
from training.evaluation import results
from training.evaluation.predictions import Predictions


@click.command()
@evidence_options
@click.option(
    "--run", type=EXISTING, help="Run folder whose history and recipe to show (MODEL, if it is one)."
)
@click.option("--faces/--no-faces", default=True, help="Show pictures of people from the data, or none.")
@click.option("--title", default="Mask classifier", show_default=True, help="Of the report.")
@click.option(
    "-o", "--output", type=FILE, default=Path("report"), show_default=True, help="Folder for both files."
)
@click.pass_context
def report(context: click.Context, /, output: Path, as_json: bool, **_: object) -> None:
    """Writes report.html, which needs nothing from elsewhere, and model-card.md.

    MODEL, DATA and --folds are as for `maskgate-train evaluate`. Heat maps need a float model.

    \b
    Examples:
      maskgate-train report runs/20250101-120000-default split.json
      maskgate-train report --folds runs/folds split.json --no-faces -o docs/report
    """
    framework.set_quiet_environment()
    pages = framework.need("training.evaluation.report.report")
    evidence, material = gather(context)
    extras = _extras(context, evidence, material)
    one = pages.page(evidence, results.judge(evidence), extras, context.params["title"])
    file, card = pages.write(one, output)
    found = {"report": str(file), "card": str(card)}
    click.echo(json.dumps(found | pages.summary(one)) if as_json else "\n".join(found.values()))


def _extras(context: click.Context, evidence: Predictions, material: FaceDataset | None) -> object:
    options = context.params
    pages = framework.need("training.evaluation.report.report")
    split = next((path for path in options["paths"] if path.suffix == ".json"), None)
    manifest = SplitManifest.load(split) if split else None
    run = _run(options["run"], options["paths"])
    shown = material if options["faces"] else None
    return replace(
        pages.of_run(run, manifest),
        worst=_worst(evidence, shown),
        looked_at=_looked_at(context, evidence, shown),
    )


def _run(named: Path | None, paths: tuple[Path, ...]) -> TrainingRun | None:
    folders = [folder for folder in (named, *paths[:1]) if folder and (folder / "recipe.json").exists()]
    return TrainingRun(folders[0]) if folders else None


def _worst(evidence: Predictions, material: FaceDataset | None) -> object:
    if material is None:
        return ()
    galleries = framework.need("training.evaluation.report.galleries")
    int8 = [column for column in evidence.columns if column.name.startswith("int8")]
    return galleries.worst(evidence, (*int8, *evidence.columns)[0], material)


def _looked_at(context: click.Context, evidence: Predictions, material: FaceDataset | None) -> object:
    options = context.params
    if material is None or options["folds"]:
        return ()
    models = judging.candidates((options["paths"][0], *options["beside"]))
    for one, column in zip(models, evidence.columns, strict=True):
        if one.path.suffix == ".keras":
            keras, galleries = framework.need("keras"), framework.need("training.evaluation.report.galleries")
            network = keras.saving.load_model(one.path, compile=False)
            return galleries.looked_at(network, evidence, column, material)
    return ()
