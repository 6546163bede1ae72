"""`maskgate-train evaluate-detector`: judge face detectors side by side on annotated frames."""

from __future__ import annotations

from pathlib import Path

import click

from edge.cli.options import EXISTING, FILE, json_option, megapixels_option
from edge.cli.output import json_text
from training import framework
from training.data.manifest import SplitManifest, SplitPart


@click.command("evaluate-detector")
@click.argument("models", nargs=-1, required=True, type=EXISTING)
@click.option(
    "--split", required=True, type=EXISTING, help="Split manifest, as maskgate-train data writes it."
)
@click.option(
    "--part", default="test", show_default=True, type=click.Choice([part.value for part in SplitPart]),
    help="Which faces of the split.",
)  # fmt: skip
@click.option(
    "--threshold",
    default=0.6,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="Score from which a box counts.",
)
@click.option(
    "--long-side",
    "views",
    multiple=True,
    default=(0, 320),
    show_default=True,
    type=click.IntRange(0),
    help="Long side that frames are brought down to; 0 leaves them; repeatable.",
)
@click.option("--html", type=FILE, help="Write the tables as an HTML page, too.")
@click.option(
    "--misses", type=FILE, help="Write crops of the faces the first model misses as PNG; it shows people."
)
@megapixels_option
@json_option
def evaluate_detector(
    models: tuple[Path, ...],
    split: Path,
    part: str,
    threshold: float,
    views: tuple[int, ...],
    html: Path | None,
    misses: Path | None,
    as_json: bool,
) -> None:
    """Judges detectors in one run: recall, unmatched boxes, average precision, threshold sweep, time.

    Example: maskgate-train evaluate-detector detector.onnx yunet.onnx --split split.json --html report.html
    """
    framework.set_quiet_environment()
    from training.detector import evaluate, metrics, report

    settings = evaluate.EvaluationSettings(models, views, threshold)
    found = evaluate.evaluate(settings, metrics.truths(SplitManifest.load(split).assigned(), SplitPart(part)))
    if html:
        html.write_text(report.page(found.tables, f"Face detectors on the {part} part"))
    if misses:
        evaluate.write_missed(found, settings.threshold, misses)
    if as_json:
        click.echo(json_text({table.title: table.as_json() for table in found.tables}))
    else:
        click.echo("\n\n".join(table.as_text() for table in found.tables))
