"""`maskgate-train folds`: train once per fold, so that every face is tested by a model that never saw it."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import ConfigError
from training.classifier import recipe
from training.classifier import run as classifier_run
from training.commands.common import folds_option, hard_option, load_recipe, require_weights, scheduler_option
from training.commands.fold_jobs import Dealing, Dealt, FoldedData, FoldJob, FoldStart, run_jobs
from training.data import hard_faces
from training.evaluation import fold_results, mining, results


@click.command()
@click.option("--split", required=True, type=EXISTING, help="Split manifest; its groups are dealt anew.")
@click.option(
    "--recipe", "plan", type=FILE, default=recipe.DEFAULT, help="TOML file; the default recipe otherwise."
)
@click.option("--weights", help="Backbone weights: a file, imagenet or none.")
@folds_option
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
    settings = load_recipe(plan)
    how = Dealt(Dealing(by), count, settings.seed)
    data = FoldedData.at(split, settings.network.classes, how, cache)
    start = FoldStart.at(settings, weights, hard)
    # After what is told at once: a framework is loaded for it.
    require_weights(settings, weights)
    # Faces are cut here once, before every worker does it.
    names = list(data.parts())
    wanted = [names[at] for at in sorted(_wanted(only, len(names)))]
    run_jobs([FoldJob(data, name, start, output.resolve()) for name in wanted], scheduler)
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
