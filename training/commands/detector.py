"""`maskgate-train detector`: train a face detector into a run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from edge.cli.options import EXISTING, FILE, json_option
from training import framework
from training.data.manifest import SplitManifest, SplitPart


@click.command()
@click.option(
    "--split", required=True, type=EXISTING, help="Split manifest, as maskgate-train data writes it."
)
@click.option("--teacher", required=True, type=EXISTING, help="YuNet 2023mar: labels, rival, starting point.")
@click.option(
    "--clip", "clips", multiple=True, type=EXISTING, help="Recording to learn from too; repeatable."
)
@click.option(
    "--empty",
    multiple=True,
    type=EXISTING,
    help="Picture without any person; every third, from the first, is kept for choosing.",
)
@click.option(
    "--random-start", is_flag=True, help="Start from random numbers, not from the teacher's weights."
)
@click.option("--steps", type=click.IntRange(1), help="How many batches; the recipe's own number otherwise.")
@click.option("--seed", default=7, show_default=True, help="Of everything random.")
@click.option("--threads", default=0, show_default=True, help="Threads of the framework; 0 lets it decide.")
@click.option(
    "--runs", "base", type=FILE, default=Path("runs/detector"), show_default=True, help="Folder of runs."
)
@click.option(
    "--resume", type=EXISTING, help="Run folder to go on with, with the recipe it was started with."
)
@click.option(
    "--finish", "stop", is_flag=True, help="With --resume: train no further, choose from what is there."
)
@json_option
@click.pass_context
def detector(context: click.Context, /, threads: int, stop: bool, as_json: bool, **_: object) -> None:
    """Trains a face detector with YuNet's outputs; --resume goes on after an interruption.

    Example: maskgate-train detector --split split.json --teacher yunet.onnx --steps 8000
    """
    options = context.params
    framework.load_framework(threads)
    fit, start, stock, finish, measure = (
        framework.need(f"training.detector.{name}")
        for name in ("trainer", "initial_weights", "dataset", "selection", "metrics")
    )
    manifest = SplitManifest.load(options["split"])
    faces = manifest.assigned()
    trial = finish.trial_of(
        measure.truths(faces, SplitPart.VALIDATION), options["empty"][::3], options["teacher"]
    )
    run, recipe = fit.reopen(options["resume"]) if options["resume"] else _new_run(fit, options)
    calm = tuple(file for number, file in enumerate(options["empty"]) if number % 3)
    material = stock.DetectorDataset(faces, options["clips"], options["teacher"], calm)
    published = None if options["random_start"] else options["teacher"]
    first = start.initial(recipe.design, published, recipe.seed)
    if run.steps_done() < recipe.steps and not stop:
        gathered = stock.gather(material, recipe.seed, lambda text: click.echo(text, err=True))
        fit.train(run, recipe, first, gathered, lambda row: click.echo(_line(row, recipe.steps), err=True))
    summary = finish.finish(run, first, trial, finish.origin_of(published, manifest.fingerprint))
    click.echo(json.dumps(summary) if as_json else _table(summary))


def _new_run(fit: ModuleType, options: Mapping[str, Any]) -> tuple[Any, Any]:
    wanted = {"seed": options["seed"]} | ({"steps": options["steps"]} if options["steps"] else {})
    recipe = fit.DetectorRecipe(**wanted)
    return fit.begin(options["base"], f"{datetime.now():%Y%m%d-%H%M%S}", recipe), recipe


def _table(summary: Mapping[str, object]) -> str:
    return "\n".join(f"{key:20} {value}" for key, value in summary.items())


def _line(row: Mapping[str, float], steps: int) -> str:
    left = (steps - row["step"]) * row["seconds_per_step"] / 60
    return (
        f"step {row['step']:.0f} of {steps}, {left:.0f} min left  box {row['box']:.3f}  "
        f"landmarks {row['marks']:.3f}  score {row['score']:.3f}  face {row['face']:.3f}"
    )
