"""`maskgate-train fit`: train a classifier into a run folder."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from training import framework
from training.classifier import devices as sharing
from training.classifier import recipe
from training.classifier import run as classifier_run
from training.classifier.batches import usable
from training.commands.common import (
    finder_option,
    hard_option,
    known_faces,
    load_recipe,
    require_weights,
    slices_table,
    sources_option,
    tell_skipped,
)
from training.commands.data import DataRequest, make_split
from training.commands.gate import promote, start_from
from training.data import hard_faces
from training.data import notes as noting
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import evaluate
from training.evaluation.options import notes_option
from training.metrics import ClassifierFigures


@click.command()
@click.option("--data", "roots", multiple=True, type=EXISTING, help="Data set folder; may be given again.")
@click.option("--split", type=FILE, help="Split manifest to reuse instead of --data.")
@finder_option
@notes_option
@sources_option
@click.option(
    "--recipe", "plan", type=FILE, default=recipe.DEFAULT, help="TOML file; the default recipe otherwise."
)
@click.option("--weights", help="Backbone weights: a file, imagenet or none.")
@click.option(
    "--runs", "base", type=FILE, default=Path("runs"), show_default=True, help="Folder of all runs."
)
@click.option(
    "-o", "--output", type=FILE,
    help="Folder of this run; one that was interrupted goes on. A new one among --runs where not given.",
)  # fmt: skip
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
@hard_option
@megapixels_option
@cache_option
@json_option
def fit(
    roots: tuple[Path, ...],
    split: Path | None,
    detector: Path,
    notes: tuple[Path, ...],
    sources: tuple[Path, ...],
    plan: Path,
    weights: str | None,
    base: Path,
    output: Path | None,
    resume: Path | None,
    rival: Path | None,
    whole: bool,
    devices: str,
    hard: Path | None,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Trains a classifier into a run folder, which --resume goes on with after an interruption.

    The folder then holds the model, its figures, report.html with the charts and model-card.md.

    With --from the backbone starts from the run that the bundle was made of, where it is among --runs, and
    the new model becomes the run's `bundle` only if `maskgate-train gate` would let it pass.

    Example: maskgate-train fit --data datasets --weights mobilenet_v2.h5
    """
    # TensorFlow divides the processor only before its first operation, so that devices are read first.
    shared = sharing.named(devices)
    weights_of_faces = hard_faces.load(hard) if hard else {}
    if resume:
        settings, manifest = _resumed(resume)
    else:
        settings = load_recipe(plan)
        request = DataRequest(roots, detector, notes, sources)
        # Before weights are fetched for it, and these before pictures are read for minutes.
        named = _named_split(split, request)
        if weights or not rival:
            require_weights(settings, weights, sharing.processors(shared))
        manifest = named or _read(request, settings.seed)
        manifest = (_whole(manifest) if whole else manifest).licensed(settings.licences)
    material = known_faces(load_material(manifest, cache), settings.network.classes)
    # Before a run folder is made, so that a split that cannot be trained on leaves none.
    usable(material, settings)
    framework.load_framework(settings.threads, processors=sharing.processors(shared))
    # Imported once the framework is loaded, which help and wrong options do not wait for.
    from training.classifier import trainer
    from training.evaluation.report import report

    inputs = classifier_run.RunInputs(settings, manifest, weights_of_faces)
    run = classifier_run.reopen(resume) if resume else _run(output, base, inputs)
    with nullcontext() if resume else classifier_run.removed_unless_begun(run):
        # A resumed run keeps the weights that it was started with.
        if rival and not weights:
            weights = run.weights(None) or start_from(rival, base, run)
        trainer.train(run, material, weights, lambda text: click.echo(text, err=True), shared)
    found = _figures(run, material.of(SplitPart.TEST))
    report.write_for(run, manifest, material)
    if rival:
        promote(run, rival, material)
    summary = {"run": str(run.folder), "model": str(run.model)} | (found["all"].flat() if found else {})
    click.echo(json_text(summary) if as_json else f"{run.model}\n{slices_table(found)}")


def _run(folder: Path | None, base: Path, inputs: classifier_run.RunInputs) -> classifier_run.TrainingRun:
    """The run in a folder, which may have begun, or a new one among all runs."""
    return classifier_run.open_or_start(folder, inputs) if folder else classifier_run.start(base, inputs)


def _figures(run: classifier_run.TrainingRun, test: FaceDataset) -> dict[str, ClassifierFigures]:
    """Figures on the test part, none where there is none; they are kept in the run's folder."""
    if not test.faces:
        return {}
    predictor, size = evaluate.open_model(run.model)
    found = evaluate.figures_by_source(predictor, size, test)
    run.write("metrics.json", {name: figures.as_json() for name, figures in found.items()})
    return found


def _resumed(folder: Path) -> tuple[recipe.Recipe, SplitManifest]:
    """The recipe and the split that a run was started with."""
    run = classifier_run.reopen(folder)
    return run.recipe(), SplitManifest.load(run.split)


def _named_split(split: Path | None, data: DataRequest) -> SplitManifest | None:
    """The split that is named, as the notes correct it; None where there are data folders to be read."""
    if split:
        return noting.corrected(SplitManifest.load(split), noting.load(data.notes))
    if not data.roots:
        raise click.UsageError("name --split FILE, or --data DIR")
    return None


def _read(data: DataRequest, seed: int) -> SplitManifest:
    """A split of the data below the roots."""
    manifest, found = make_split(data, seed)
    tell_skipped(found.skips)
    return manifest


def _whole(manifest: SplitManifest) -> SplitManifest:
    """The split with its test faces given to training."""
    from training.data import folds

    return manifest.dealt(folds.whole(manifest.assigned()), folds.WHOLE_SEED)
