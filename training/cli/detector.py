"""`maskgate-train detector`: train a face detector into a run folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from training import quiet
from training.cli.common import EXISTING, FILE, json_option
from training.manifest import Manifest, Part


@click.command()
@click.option(
    "--split", required=True, type=EXISTING, help="Split manifest, as maskgate-train data writes it."
)
@click.option("--teacher", required=True, type=EXISTING, help="YuNet 2023mar: labels, rival, starting point.")
@click.option(
    "--clip", "clips", multiple=True, type=EXISTING, help="Recording to learn from too; repeatable."
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
@json_option
@click.pass_context
def detector(context: click.Context, /, threads: int, as_json: bool, **_: object) -> None:
    """Trains a face detector with YuNet's outputs; --resume goes on after an interruption.

    Example: maskgate-train detector --split split.json --teacher yunet.onnx --steps 8000
    """
    options = context.params
    quiet.framework(threads)
    fit, start = quiet.need("training.detector.fit"), quiet.need("training.detector.start")
    stock, select = quiet.need("training.detector.stock"), quiet.need("training.detector.select")
    faces = Manifest.load(options["split"]).assigned()
    pictures = quiet.need("training.detector.measure").truths(faces, Part.VALIDATION)
    if options["resume"]:
        run, recipe = fit.reopen(options["resume"])
    else:
        wanted = {"seed": options["seed"]} | ({"steps": options["steps"]} if options["steps"] else {})
        recipe = fit.Recipe(**wanted)
        run = fit.begin(options["base"], f"{datetime.now():%Y%m%d-%H%M%S}", recipe)
    material = stock.Material(faces, tuple(options["clips"]), options["teacher"])
    gathered = stock.gather(material, recipe.seed, lambda text: click.echo(text, err=True))
    first = start.initial(recipe.design, None if options["random_start"] else options["teacher"], recipe.seed)
    fit.train(run, recipe, first, gathered, lambda row: click.echo(_line(row, recipe.steps), err=True))
    out = run.folder / "detector.onnx"
    choice = select.choose(run.folder, options["teacher"], pictures, out)
    (run.folder / "choice.json").write_text(json.dumps(choice.as_json(), indent=1))
    click.echo(json.dumps({"model": str(out), **choice.as_json()}) if as_json else f"{out}: {choice}")


def _line(row: Mapping[str, float], steps: int) -> str:
    left = (steps - row["step"]) * row["seconds_per_step"] / 60
    return (
        f"step {row['step']:.0f} of {steps}, {left:.0f} min left  box {row['box']:.3f}  "
        f"landmarks {row['marks']:.3f}  score {row['score']:.3f}  face {row['face']:.3f}"
    )
