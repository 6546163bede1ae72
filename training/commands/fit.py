"""`maskgate-train fit`: train a classifier into a run folder."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option
from training import framework
from training.classifier import devices as sharing
from training.classifier import recipe
from training.classifier import run as classifier_run
from training.classifier.batches import usable
from training.commands.common import known_faces, table
from training.commands.data import make_split
from training.commands.gate import promote, start_from
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import evaluate
from training.metrics import ClassifierFigures


@click.command()
@click.option("--data", "roots", multiple=True, type=EXISTING, help="Data set folder; may be given again.")
@click.option("--split", type=FILE, help="Split manifest to reuse instead of --data.")
@click.option("--detector", type=EXISTING, help="YuNet model that finds faces; needed with --data.")
@click.option(
    "--recipe", "plan", type=FILE, default=recipe.DEFAULT, help="TOML file; the default recipe otherwise."
)
@click.option("--weights", help="Backbone weights: a file, imagenet or none.")
@click.option(
    "--runs", "base", type=FILE, default=Path("runs"), show_default=True, help="Folder of all runs."
)
@click.option(
    "--resume", type=EXISTING, help="Run folder to go on with, with the recipe it was started with."
)
@click.option(
    "--from", "rival", type=EXISTING,
    help="Bundle to start from and to beat on the test part; exit code 1 if it is not beaten.",
)  # fmt: skip
@click.option(
    "--whole",
    is_flag=True,
    help="Train on the test faces too, for a model whose recipe the folds have tested.",
)
@click.option(
    "--devices",
    default="",
    help="Devices that share every batch, such as gpu:0,gpu:1 or cpu:0,cpu:1; one where not given.",
)
@cache_option
@json_option
@click.pass_context
def fit(
    context: click.Context, /, resume: Path | None, cache: Path | None, as_json: bool, **_: object
) -> None:
    """Trains a classifier into a run folder, which --resume goes on with after an interruption.

    The folder then holds the model, its figures, report.html with the charts and model-card.md.

    With --from the backbone starts from the run that the bundle was made of, where it is among --runs, and
    the new model becomes the run's `bundle` only if `maskgate-train gate` would let it pass.

    Example: maskgate-train fit --data datasets --detector yunet.onnx --weights mobilenet_v2.h5
    """
    options = context.params
    settings, manifest = _plan(context)
    names = sharing.named(options["devices"])
    material = known_faces(load_material(manifest, cache), settings.network.classes)
    usable(material, settings)
    framework.load_framework(settings.threads, processors=sharing.processors(names))
    training = framework.need("training.classifier.trainer")
    run = (
        classifier_run.reopen(resume) if resume else classifier_run.start(options["base"], settings, manifest)
    )
    rival, weights = options["rival"], options["weights"]
    if rival and not weights:
        weights = run.weights(None) or start_from(rival, options["base"], run)
    training.train(run, material, weights, lambda text: click.echo(text, err=True), names)
    found = _judged(run, material.of(SplitPart.TEST))
    framework.need("training.evaluation.report.report").write_for(run, manifest, material)
    if rival:
        promote(run, rival, material)
    summary = {"run": str(run.folder), "model": str(run.model)} | (found["all"].flat() if found else {})
    click.echo(json.dumps(summary) if as_json else f"{run.model}\n{table(found)}")


def _judged(run: classifier_run.TrainingRun, test: FaceDataset) -> dict[str, ClassifierFigures]:
    """Figures on the test part, none where there is none; they are kept in the run's folder."""
    if not test.faces:
        return {}
    predictor, size = evaluate.open_model(run.model)
    found = evaluate.judge(predictor, size, test)
    run.write("metrics.json", {name: figures.as_json() for name, figures in found.items()})
    return found


def _plan(context: click.Context) -> tuple[recipe.Recipe, SplitManifest]:
    """The recipe and the split of the run that is resumed, or of a new one."""
    options = context.params
    if options["resume"]:
        run = classifier_run.reopen(options["resume"])
        return run.recipe(), SplitManifest.load(run.split)
    settings = recipe.load(options["plan"])
    if options["split"]:
        manifest = SplitManifest.load(options["split"])
    elif options["roots"] and options["detector"]:
        manifest, _ = make_split(options["roots"], options["detector"], settings.seed)
    else:
        raise click.UsageError("name --split FILE, or --data DIR with --detector FILE")
    if options["whole"]:
        folds = framework.need("training.data.folds")
        manifest = SplitManifest.of(folds.whole(manifest.assigned()), folds.WHOLE_SEED, manifest.fingerprint)
    return settings, manifest
