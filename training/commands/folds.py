"""`maskgate-train folds`: train once per fold, so that every face is tested by a model that never saw it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
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
from training.commands.common import hard_option, known_faces, require_weights, scheduler_option
from training.data import hard_faces
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitFace, SplitManifest, SplitPart
from training.evaluation import evaluate, fold_results, mining, results

INT8 = "int8.tflite"


class Dealing(StrEnum):
    """How faces are dealt to folds."""

    GROUP = "group"
    SOURCE = "source"


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
@click.option(
    "--by", type=click.Choice([one.value for one in Dealing]), default=Dealing.GROUP.value, show_default=True,
    help="group: as many parts as --folds says. source: leave one source out at a time, and test on it.",
)  # fmt: skip
@hard_option
@megapixels_option
@cache_option
@json_option
def folds(
    split: Path,
    plan: Path,
    weights: str | None,
    count: int,
    by: str,
    hard: Path | None,
    only: tuple[int, ...],
    scheduler: str | None,
    output: Path,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Trains, calibrates, converts and judges once per fold and pools what the models say.

    A fold that is finished is not run again, an interrupted one goes on after its last epoch.

    With --by source each model is tested on a source that it learnt nothing from: a forecast for a new site.

    The faces that were answered wrongly are written to hard-faces.json in the folder, which --hard of the
    next round, or of `maskgate-train fit`, takes to look at them more often.

    \b
    Examples:
      maskgate-train folds --split split.json --weights mobilenet_v2.h5 -o runs/folds
      maskgate-train folds --split split.json --weights mobilenet_v2.h5 -o runs/folds --only 1 --only 2
      maskgate-train folds --split split.json --weights mobilenet_v2.h5 -o runs/sources --by source
      maskgate-train folds --split split.json -o runs/folds --scheduler tcp://10.0.0.1:8786
    """
    settings = recipe.load(plan)
    require_weights(settings, weights)
    # Absolute, because a worker of a cluster starts in another folder.
    how = Dealt(Dealing(by), count, settings.seed)
    data = FoldedData(split.resolve(), settings.network.classes, how, cache and cache.resolve())
    start = FoldStart(
        settings,
        weights and str(Path(weights).resolve() if Path(weights).exists() else weights),
        hard_faces.load(hard) if hard else {},
    )
    # Faces are cut here once, before every worker does it.
    names = list(data.parts())
    jobs = [FoldJob(data, names[at], start, output.resolve()) for at in sorted(_wanted(only, len(names)))]
    if scheduler is None:
        for job in jobs:
            click.echo(job.name, err=True)
            job()
    else:
        cluster.run_on_cluster(jobs, scheduler, lambda text: click.echo(text, err=True))
    predictions = fold_results.load(output)
    hard_faces.save(mining.hard_weights(predictions), output / classifier_run.HARD_FACES)
    found = results.evaluate(predictions)
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
class Dealt:
    """How faces are dealt to folds: by what, to how many where they are dealt by group, and the seed."""

    by: Dealing
    count: int
    seed: int

    def parts(self, faces: Sequence[SplitFace]) -> dict[str, tuple[SplitFace, ...]]:
        """The faces of every fold by the name of its folder."""
        from training.data import folds as dealing

        if self.by is Dealing.SOURCE:
            left_out = dealing.without_each_source(faces, self.seed)
            return {f"without-{name}": part for name, part in left_out.items()}
        folded = dealing.folds(faces, self.count, self.seed)
        return {f"fold-{number}": part for number, part in enumerate(folded)}


@dataclass(frozen=True, slots=True)
class FoldedData:
    """The faces of a split, to be divided into folds, by what a worker needs to read them."""

    split: Path
    classes: int
    how: Dealt
    cache: Path | None

    def faces(self) -> FaceDataset:
        """All faces of labels that the network knows."""
        return _faces(self.split, self.classes, self.cache)

    def parts(self) -> dict[str, tuple[SplitFace, ...]]:
        """The faces of every fold by the name of its folder."""
        return self.how.parts(self.faces().faces)


@lru_cache(maxsize=1)
def _faces(split: Path, classes: int, cache: Path | None) -> FaceDataset:
    """Kept, because one process trains several folds of one split."""
    return known_faces(load_material(SplitManifest.load(split), cache), classes)


@dataclass(frozen=True, slots=True)
class FoldStart:
    """What all folds start from: the recipe, its weights where others are named, and hard faces."""

    settings: Recipe
    weights: str | None
    hard: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class FoldJob:
    """One fold: trained, calibrated, converted and judged, here or on a worker of a cluster.

    Attributes:
        data: The faces.
        name: Of the fold, and of its folder.
        start: What it starts from.
        output: Folder of all folds, which every worker sees.
    """

    data: FoldedData
    name: str
    start: FoldStart
    output: Path

    def __call__(self) -> None:
        """Does what is still to be done for it."""
        settings = self.start.settings
        framework.load_framework(settings.threads)
        manifest = SplitManifest.load(self.data.split)
        faces = self.data.parts()[self.name]
        assigned = manifest.dealt(faces, settings.seed).licensed(settings.licences)
        inputs = classifier_run.RunInputs(settings, assigned, self.start.hard)
        run = classifier_run.open_or_start(self.output / self.name, inputs)
        _finish(run, self.data.faces().dealt(assigned.assigned()), self.start.weights)


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
