"""`maskgate-train learning-curve`: the same recipe on growing shares of the training faces."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text
from edge.errors import ConfigError
from edge.system.files import write_atomic
from training.classifier import recipe
from training.commands.common import folds_option, load_recipe, require_weights, scheduler_option
from training.commands.fold_jobs import Dealing, Dealt, FoldedData, FoldJob, FoldStart, run_jobs
from training.data.manifest import SplitFace, SplitPart
from training.data.shares import ALL, TrainingShare, without_each
from training.evaluation.options import notes_option

SIZES = (1000, 2500, 5000)
CHART, FIGURES = "learning-curve.svg", "learning-curve.json"


class ShareKind(StrEnum):
    """What the shares differ in."""

    SIZE = "size"
    SOURCE = "source"


@click.command()
@click.option("--split", required=True, type=EXISTING, help="Split manifest; its groups are dealt anew.")
@notes_option
@click.option(
    "--recipe", "plan", type=FILE, default=recipe.DEFAULT,
    help="TOML file; the default recipe otherwise. Its seed decides folds and shares.",
)  # fmt: skip
@click.option("--weights", help="Backbone weights: a file, imagenet or none.")
@click.option(
    "--sizes", metavar="FACES,...",
    help=f"Faces to train on in each fold, by commas; {', '.join(map(str, SIZES))} as far as there are more, "
    f"and {ALL}; a quarter and half where there are not.",
)  # fmt: skip
@click.option(
    "--by", type=click.Choice([one.value for one in ShareKind]), default=ShareKind.SIZE.value,
    show_default=True,
    help="size: growing shares. source: all faces, and all without each source.",
)  # fmt: skip
@folds_option
@scheduler_option
@click.option(
    "-o", "--output", type=FILE, default=Path("runs/learning-curve"), show_default=True,
    help="Folder of the shares; one that holds some goes on with them.",
)  # fmt: skip
@megapixels_option
@cache_option
@json_option
def learning_curve(
    split: Path,
    notes: tuple[Path, ...],
    plan: Path,
    weights: str | None,
    sizes: str | None,
    by: str,
    count: int,
    scheduler: str | None,
    output: Path,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Shows whether more data is worth it: trains one recipe on growing shares of the faces.

    Every share is tested on the same folds. A larger share holds the smaller ones, a group is never cut, and
    each share has the classes and sources that all faces have. Finished trainings are not run again,
    interrupted ones go on.

    Figures are of the models in 8 bits, where the likeliest class is the answer. learning-curve.json and
    learning-curve.svg in the folder hold them, and `maskgate-train report --learning-curve` shows them.

    \b
    Examples:
      maskgate-train learning-curve --split split.json --weights mobilenet_v2.h5
      maskgate-train learning-curve --split split.json --sizes 500,1000,2000,all -o runs/curve
      maskgate-train learning-curve --split split.json --by source -o runs/sources
    """
    settings = load_recipe(plan)
    if sizes is not None and by == ShareKind.SOURCE:
        raise ConfigError("--sizes is for growing shares; leave it or --by source out")
    named = _named(sizes) if sizes is not None else None
    how = Dealt(Dealing.GROUP, count, settings.seed)
    data = FoldedData.at(split, settings.network.classes, how, cache, notes)
    start = FoldStart.at(settings, weights, None)
    # After what is told at once: a framework is loaded for it.
    require_weights(settings, weights)
    whole = [FoldJob(data, fold, start, output.resolve()) for fold in data.parts()]
    dealt = [job.split().assigned() for job in whole]
    shares = without_each(dealt[0]) if by == ShareKind.SOURCE else named or _usual(dealt)
    _require(shares, dealt, settings.seed)
    run_jobs([job.of(share) for share in shares for job in whole], scheduler)
    _tell(output, as_json)


def _named(text: str) -> tuple[TrainingShare, ...]:
    """The shares of `--sizes`, each once.

    Raises:
        ConfigError: One is neither a number nor all.
    """
    try:
        found = [TrainingShare.named(one.strip()) for one in text.split(",")]
    except ConfigError as error:
        raise ConfigError(f"--sizes {text}: {error}") from None
    if left_out := [one.without for one in found if one.without is not None]:
        raise ConfigError(f"--sizes {text}: to leave out {left_out[0]} is what --by source does")
    return tuple(dict.fromkeys(found))


def _usual(dealt: Sequence[Sequence[SplitFace]]) -> tuple[TrainingShare, ...]:
    """The usual sizes that are smaller than all faces of every fold, and all; of few a quarter and half."""
    least = min(sum(face.part is SplitPart.TRAIN for face in faces) for faces in dealt)
    sizes = [size for size in SIZES if size < least] or [max(1, least // 4), max(1, least // 2)]
    return (*map(TrainingShare, sizes), TrainingShare())


def _require(shares: Sequence[TrainingShare], dealt: Sequence[Sequence[SplitFace]], seed: int) -> None:
    """Insists, before the first training, that every fold has every share.

    Raises:
        ConfigError: One has not.
    """
    for share in shares:
        for place, faces in enumerate(dealt, 1):
            try:
                share.of(faces, seed)
            except ConfigError as error:
                raise ConfigError(f"fold {place}: {error}") from None


def _tell(output: Path, as_json: bool) -> None:
    from training.evaluation import learning_curve as curves
    from training.evaluation.report import charts

    found = curves.read(output)
    write_atomic(output / FIGURES, (json_text(found.as_json(), indent=2) + "\n").encode())
    write_atomic(output / CHART, charts.learning_curve(found).encode())
    click.echo(json_text(found.as_json()) if as_json else curves.text(found))
