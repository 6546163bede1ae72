"""`maskgate-train detector`: train a face detector into a run folder."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edge.cli.options import EXISTING, FILE, json_option, megapixels_option
from edge.cli.output import json_text
from training import framework
from training.data.manifest import SplitManifest, SplitPart

if TYPE_CHECKING:
    from training.detector.trainer import DetectorRecipe, DetectorRun


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
@click.option(
    "--earlier",
    type=EXISTING,
    help="A detector trained before from the same start; the mean with it is tried in the choice, too.",
)
@megapixels_option
@json_option
def detector(
    split: Path,
    teacher: Path,
    clips: tuple[Path, ...],
    empty: tuple[Path, ...],
    random_start: bool,
    steps: int | None,
    seed: int,
    threads: int,
    base: Path,
    resume: Path | None,
    stop: bool,
    earlier: Path | None,
    as_json: bool,
) -> None:
    """Trains a face detector with YuNet's outputs; --resume goes on after an interruption.

    Example: maskgate-train detector --split split.json --teacher yunet.onnx --steps 8000
    """
    # A bad one is told before anybody waits for the framework.
    manifest = SplitManifest.load(split)
    framework.load_framework(threads)
    from training.detector import dataset, initial_weights, metrics, selection, trainer

    faces = manifest.assigned()
    trial = selection.trial_of(metrics.truths(faces, SplitPart.VALIDATION), empty[::3], teacher)
    run, recipe = trainer.reopen(resume) if resume else _new_run(base, seed, steps)
    # The others choose, see `trial`: no picture does both.
    for_training = tuple(file for number, file in enumerate(empty) if number % 3)
    published = None if random_start else teacher
    # Also for `--resume` and `--finish`, since the choice mixes checkpoints with these weights.
    start = initial_weights.initial(recipe.design, published, recipe.seed)
    before = selection.earlier_weights(earlier, recipe.design) if earlier else None
    known = selection.KnownWeights(start, before)
    if run.steps_done() < recipe.steps and not stop:
        material = dataset.DetectorDataset(faces, clips, teacher, for_training)
        gathered = dataset.gather(material, recipe.seed, lambda text: click.echo(text, err=True))
        trainer.train(
            run, recipe, start, gathered, lambda row: click.echo(_line(row, recipe.steps), err=True)
        )
    origin = selection.origin_of(published, manifest.fingerprint, earlier)
    summary = selection.finish(run, known, trial, origin)
    click.echo(json_text(summary) if as_json else _table(summary))


def _new_run(base: Path, seed: int, steps: int | None) -> tuple[DetectorRun, DetectorRecipe]:
    from training.detector import trainer

    recipe = (
        trainer.DetectorRecipe(seed=seed) if steps is None else trainer.DetectorRecipe(seed=seed, steps=steps)
    )
    return trainer.begin(base, f"{datetime.now():%Y%m%d-%H%M%S}", recipe), recipe


def _table(summary: Mapping[str, object]) -> str:
    return "\n".join(f"{key:20} {value}" for key, value in summary.items())


def _line(row: Mapping[str, float], steps: int) -> str:
    left = (steps - row["step"]) * row["seconds_per_step"] / 60
    return (
        f"step {row['step']:.0f} of {steps}, {left:.0f} min left  box {row['box']:.3f}  "
        f"landmarks {row['marks']:.3f}  score {row['score']:.3f}  face {row['face']:.3f}"
    )
