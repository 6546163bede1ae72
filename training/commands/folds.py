"""`maskgate-train folds`: train once per fold, so that every face is tested by a model that never saw it."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import ConfigError
from edge.system import files
from training import framework
from training.classifier import recipe
from training.classifier import run as classifier_run
from training.commands.common import hard_option, known_faces, require_weights
from training.data import folds as dealing
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
    help="Run just this fold, counted from 1; repeatable. Several machines share the work so.",
)  # fmt: skip
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
    """
    settings, manifest = recipe.load(plan), SplitManifest.load(split)
    require_weights(settings, weights)
    material = known_faces(load_material(manifest, cache), settings.network.classes)
    parts = _dealt(material.faces, Dealing(by), (count, settings.seed))
    wanted = _wanted(only, len(parts))
    weights_of_faces = hard_faces.load(hard) if hard else {}
    framework.load_framework(settings.threads)
    for number, (name, faces) in enumerate(parts.items()):
        if number not in wanted:
            continue
        click.echo(f"fold {number + 1} of {len(parts)}: {name}", err=True)
        assigned = manifest.dealt(faces, settings.seed).licensed(settings.licences)
        inputs = classifier_run.RunInputs(settings, assigned, weights_of_faces)
        run = classifier_run.open_or_start(output / name, inputs)
        _finish(run, material.dealt(assigned.assigned()), weights)
    predictions = fold_results.load(output)
    hard_faces.save(mining.hard_weights(predictions), output / classifier_run.HARD_FACES)
    found = results.evaluate(predictions)
    click.echo(json_text(found.as_json()) if as_json else results.text(found))


def _dealt(faces: Sequence[SplitFace], by: Dealing, how: tuple[int, int]) -> dict[str, tuple[SplitFace, ...]]:
    """The faces of every fold by the name of its folder.

    Args:
        faces: All faces.
        by: How they are dealt.
        how: Number of folds, and seed.
    """
    count, seed = how
    if by is Dealing.SOURCE:
        return {f"without-{name}": part for name, part in dealing.without_each_source(faces, seed).items()}
    return {f"fold-{number}": part for number, part in enumerate(dealing.folds(faces, count, seed))}


def _wanted(only: tuple[int, ...], count: int) -> set[int]:
    """Numbers from 0 of the folds to run.

    Raises:
        ConfigError: There are not so many.
    """
    if beyond := [number for number in only if number > count]:
        raise ConfigError(f"--only {beyond[0]}: there are {count} folds")
    return {number - 1 for number in only} or set(range(count))


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
