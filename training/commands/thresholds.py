"""`maskgate-train thresholds`: choose from which probability on each label is the answer."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import EXISTING, json_option
from edge.cli.output import json_text
from training.evaluation.options import limits_option, notes_option


@click.command()
@click.argument("folds", type=EXISTING)
@click.option(
    "--column", default="int8", show_default=True, type=click.Choice(("int8", "float")),
    help="Whose answers: a device runs the int8 model.",
)  # fmt: skip
@notes_option
@limits_option
@json_option
def thresholds(folds: Path, column: str, notes: tuple[Path, ...], limits: Path, as_json: bool) -> None:
    """Chooses the thresholds of the answers on the predictions of FOLDS, and shows what they cost.

    The thresholds are the smallest at which the limits hold. Beside them stands how the limits fare where the
    thresholds for each fold are chosen on the other folds, which is what to expect of new faces. Ends with
    exit code 1 if no thresholds hold the limits. `maskgate-convert convert --folds` chooses in the same way
    and writes them into the bundle. With --notes wrong labels that were found since do not count.

    \b
    Examples:
      maskgate-train thresholds runs/folds
      maskgate-train thresholds runs/folds --notes notes.csv
    """
    from training.data import notes as noting
    from training.evaluation import fold_results
    from training.evaluation.decision import decide
    from training.evaluation.thresholds import load_limits

    held = load_limits(limits)
    predictions = fold_results.load(folds, held, noting.load(notes))
    found = decide(predictions, predictions.column(column), held)
    click.echo(json_text(found.as_json()) if as_json else found.text())
    found.insist()
