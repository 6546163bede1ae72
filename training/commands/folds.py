"""`maskgate-train folds`: train once per fold, so that every face is tested by a model that never saw it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import ConfigError
from edge.system import files
from training import cluster, framework
from training.classifier import recipe
from training.classifier import run as classifier_run
from training.classifier.recipe import Recipe
from training.commands.common import known_faces, require_weights, scheduler_option
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitManifest, SplitPart
from training.evaluation import evaluate, fold_results, results

INT8 = "int8.tflite"


@click.command()
@click.option("--split", required=True, type=EXISTING, help="Split manifest; its groups are dealt anew.")
@click.option(
    "--recipe", "plan", type=FILE, default=recipe.DEFAULT, help="TOML file; the default recipe otherwise."
)
@click.option("--weights", help="Backbone weights: a file, imagenet or none.")
@click.option("--folds", "count", default=5, show_default=True, type=click.IntRange(2, 20))
@click.option(
    "--only", multiple=True, type=click.IntRange(min=1), metavar="FOLD",
    help="Run just this fold, counted from 1; repeatable.",
)  # fmt: skip
@scheduler_option
@click.option(
    "-o", "--output", type=FILE, default=Path("runs/folds"), show_default=True,
    help="Folder of the folds; one that holds some goes on with them.",
)  # fmt: skip
@megapixels_option
@cache_option
@json_option
def folds(
    split: Path,
    plan: Path,
    weights: str | None,
    count: int,
    only: tuple[int, ...],
    scheduler: str | None,
    output: Path,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Trains, calibrates, converts and judges once per fold and pools what the models say.

    A fold that is finished is not run again, an interrupted one goes on after its last epoch.

    \b
    Examples:
      maskgate-train folds --split split.json --weights mobilenet_v2.h5 -o runs/folds
      maskgate-train folds --split split.json --weights mobilenet_v2.h5 -o runs/folds --only 1 --only 2
      maskgate-train folds --split split.json -o runs/folds --scheduler tcp://10.0.0.1:8786
    """
    settings = recipe.load(plan)
    require_weights(settings, weights)
    # Absolute, because a worker of a cluster starts in another folder.
    data = FoldedData(split.resolve(), settings.network.classes, count, cache and cache.resolve())
    folder, given = (
        output.resolve(),
        weights and str(Path(weights).resolve() if Path(weights).exists() else weights),
    )
    jobs = [FoldJob(data, number, settings, given, folder) for number in sorted(_wanted(only, count))]
    if scheduler is None:
        for job in jobs:
            click.echo(job.name, err=True)
            job()
    else:
        # Cut once, before every worker does it.
        data.faces()
        cluster.run_on_cluster(jobs, scheduler, lambda text: click.echo(text, err=True))
    found = results.evaluate(fold_results.load(output))
    click.echo(json_text(found.as_json()) if as_json else results.text(found))


def _wanted(only: tuple[int, ...], count: int) -> set[int]:
    """Numbers from 0 of the folds to run.

    Raises:
        ConfigError: There are not so many.
    """
    if beyond := [number for number in only if number > count]:
        raise ConfigError(f"--only {beyond[0]}: there are {count} folds")
    return {number - 1 for number in only} or set(range(count))


@dataclass(frozen=True, slots=True)
class FoldedData:
    """The faces of a split, to be divided into folds, by what a worker needs to read them."""

    split: Path
    classes: int
    count: int
    cache: Path | None

    def faces(self) -> FaceDataset:
        """All faces of labels that the network knows."""
        return _faces(self.split, self.classes, self.cache)


@lru_cache(maxsize=1)
def _faces(split: Path, classes: int, cache: Path | None) -> FaceDataset:
    """Kept, because one process trains several folds of one split."""
    return known_faces(load_material(SplitManifest.load(split), cache), classes)


@dataclass(frozen=True, slots=True)
class FoldJob:
    """One fold: trained, calibrated, converted and judged, here or on a worker of a cluster.

    Attributes:
        data: The faces.
        number: Of the fold, from 0.
        settings: The recipe.
        weights: What training starts from; as the recipe says where None.
        output: Folder of all folds, which every worker sees.
    """

    data: FoldedData
    number: int
    settings: Recipe
    weights: str | None
    output: Path

    @property
    def name(self) -> str:
        """For people."""
        return f"fold {self.number + 1} of {self.data.count}"

    def __call__(self) -> None:
        """Does what is still to be done for it."""
        framework.load_framework(self.settings.threads)
        from training.data import folds as fold

        material = self.data.faces()
        faces = fold.folds(material.faces, self.data.count, self.settings.seed)[self.number]
        fingerprint = SplitManifest.load(self.data.split).fingerprint
        assigned = SplitManifest.of(faces, self.settings.seed, fingerprint)
        run = classifier_run.open_or_start(self.output / f"fold-{self.number}", self.settings, assigned)
        _finish(run, FaceDataset(faces, material.patches), self.weights)


def _finish(run: classifier_run.TrainingRun, material: FaceDataset, weights: str | None) -> None:
    """Does what is still to be done for one fold; every step leaves a file that says it is done."""
    from convert import quantize
    from training.classifier import trainer

    if not run.model.exists():
        trainer.train(run, material, weights, lambda text: click.echo(text, err=True))
    small = run.folder / INT8
    if not small.exists():
        files.write_atomic(small, quantize.of_training(run.model, material.of(SplitPart.TRAIN)))
    if not (run.folder / fold_results.PREDICTIONS).exists():
        models = (evaluate.EvaluatedModel("float", run.model), evaluate.EvaluatedModel("int8", small))
        predictions = evaluate.on_faces(models, material.of(SplitPart.TEST), measure=False)
        fold_results.save(predictions, run.folder / fold_results.PREDICTIONS)
