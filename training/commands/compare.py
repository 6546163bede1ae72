"""`maskgate-train compare`: recipes on the same grouped folds, and on a random split beside it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import ConfigError, ModelError
from training import cluster, framework
from training.classifier.recipe import Recipe
from training.classifier.run import TrainingRun
from training.commands.common import folds_option, load_recipe, scheduler_option
from training.data.dataset import FaceDataset
from training.data.manifest import SplitManifest


@click.command()
@click.argument("recipes", nargs=-1, required=True, type=EXISTING)
@click.option("--split", required=True, type=EXISTING, help="Split manifest; its groups are dealt anew.")
@click.option(
    "--weights", "given", multiple=True, metavar="RECIPE=FILE",
    help="Backbone weights of the recipe of that name; repeatable.",
)  # fmt: skip
@folds_option
@click.option(
    "--random-folds", "few", type=click.IntRange(1, 20),
    help="Folds of the random split to run; as many as of the grouped one where not given.",
)  # fmt: skip
@scheduler_option
@click.option("--only-table", is_flag=True, help="Train nothing, show what is there.")
@click.option(
    "-o", "--output", type=FILE, default=Path("runs/compare"), show_default=True,
    help="Folder of the comparison; one that holds some folds goes on with the others.",
)  # fmt: skip
@megapixels_option
@cache_option
@json_option
def compare(
    recipes: tuple[Path, ...],
    split: Path,
    given: tuple[str, ...],
    count: int,
    few: int | None,
    scheduler: str | None,
    only_table: bool,
    output: Path,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Trains RECIPES (TOML files) on grouped folds and on a random split, and prints a Markdown table.

    What a recipe scores more on the random split, it owes to having seen near-duplicates of the tested
    faces; one fold of it gives a first idea. A recipe whose pretrained weights cannot be had is trained
    from scratch, and marked so. Finished folds are not run again, interrupted ones go on.

    Example: maskgate-train compare training/recipes/*.toml --split split.json
    """
    plans = [load_recipe(file) for file in recipes]
    # Their folders and their weights are found by this name.
    if len({plan.name for plan in plans}) < len(plans):
        raise ConfigError("two recipes have the same name; each needs its own")
    weights = _named(given, plans)
    # All that is told at once comes before it.
    SplitManifest.load(split)
    framework.load_framework()
    from training.evaluation import comparison

    compared = [comparison.ComparedRecipe(plan, _start(plan, weights.get(plan.name))) for plan in plans]
    if not only_table:
        folds = {comparison.Scheme.GROUPED: count, comparison.Scheme.RANDOM: few or count}
        # Absolute, because a worker of a cluster starts in another folder.
        plan = comparison.ComparisonPlan(
            split.resolve(), cache and cache.resolve(), output.resolve(), folds, train_fold
        )
        # Before every worker cuts them.
        plan.faces()
        _run(plan.jobs(compared), scheduler)
    found = comparison.results(compared, output)
    click.echo(json_text(comparison.as_json(found)) if as_json else comparison.markdown(found), nl=as_json)


def _run(jobs: Sequence[cluster.ClusterJob], scheduler: str | None) -> None:
    if scheduler is None:
        for job in jobs:
            job()
    else:
        cluster.run_on_cluster(jobs, scheduler, lambda text: click.echo(text, err=True))


def _named(given: tuple[str, ...], plans: list[Recipe]) -> dict[str, str]:
    """Weight files by recipe."""
    pairs = dict(text.partition("=")[::2] for text in given)
    unknown = set(pairs) - {plan.name for plan in plans}
    if unknown:
        raise ConfigError(f"--weights names {', '.join(sorted(unknown))}, which is no recipe given")
    return pairs


def _start(plan: Recipe, weights: str | None) -> str:
    """The weights that can be had: those given, the recipe's own, or none."""
    from training.classifier import network

    if weights is not None:
        # Built to see now, and not after hours, whether the weights can be had.
        network.build(plan.network, weights)
        # Absolute, as the split is.
        return str(Path(weights).resolve() if Path(weights).exists() else weights)
    try:
        network.build(plan.network)
    except ModelError as error:
        click.echo(f"{plan.name} is trained from scratch: {error}", err=True)
        return "none"
    return plan.network.weights


def train_fold(run: TrainingRun, material: FaceDataset, weights: str) -> None:
    """Trains a fold of a comparison, here or on a worker."""
    framework.load_framework()
    from training.classifier import trainer

    click.echo(str(run.folder), err=True)
    trainer.train(run, material, weights, lambda text: click.echo(text, err=True))
