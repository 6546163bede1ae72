"""`maskgate-train evaluate`: judge a model or bundle on one part of a split."""

from __future__ import annotations

import json
from pathlib import Path

import click

from training import evaluate as judging
from training import quiet
from training.cli.common import EXISTING, cache_option, json_option, load_material, table
from training.manifest import Manifest, Part


@click.command()
@click.argument("model", type=EXISTING)
@click.argument("split", type=EXISTING)
@click.option("--part", default="test", show_default=True, type=click.Choice([part.value for part in Part]))
@cache_option
@json_option
def evaluate(model: Path, split: Path, part: str, cache: Path | None, as_json: bool) -> None:
    """Judges a .keras file, a .tflite file or a bundle on one part of a split.

    Example: maskgate-train evaluate runs/20250101-120000-default/model.keras split.json
    """
    if model.suffix == ".keras":
        quiet.framework()
    predictor, size = judging.open_model(model)
    found = judging.judge(predictor, size, load_material(Manifest.load(split), cache).of(Part(part)))
    if as_json:
        click.echo(json.dumps({name: figures.as_json() for name, figures in found.items()}))
    else:
        click.echo(table(found))
