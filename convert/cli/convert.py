"""`maskgate-convert convert`: write an int8 bundle of a trained model."""

from __future__ import annotations

import json
from pathlib import Path

import click

from edge.types import ConfigError
from training import folded, quiet
from training.cli.common import EXISTING, FILE, cache_option, json_option, load_material
from training.manifest import Manifest
from training.runs import WEIGHTS


@click.command()
@click.argument("model", type=EXISTING)
@click.option("-o", "--output", required=True, type=FILE, help="Bundle directory to write.")
@click.option("--data", type=EXISTING, help="Split manifest; the run's own otherwise.")
@click.option(
    "--folds",
    type=EXISTING,
    help="Finished folds of the same recipe, whose pooled figures the manifest carries.",
)
@click.option("--version", help="Version of the bundle; the name of the run otherwise.")
@cache_option
@json_option
@click.pass_context
def convert(
    context: click.Context, /, model: Path, output: Path, cache: Path | None, as_json: bool, **_: object
) -> None:
    """Writes an int8 bundle of MODEL, a run folder or a .keras file.

    Ends with exit code 1 and writes nothing if the int8 model disagrees with the float model.

    Example: maskgate-convert convert runs/20250101-120000-default -o bundle
    """
    options = context.params
    run = model if model.is_dir() else model.parent
    file = model / WEIGHTS if model.is_dir() else model
    split = options["data"] or run / "split.json"
    for needed in (file, split):
        if not needed.is_file():
            raise ConfigError(f"{needed} does not exist; name a run folder, or a .keras file and --data")
    quiet.framework(extra="convert")
    package = quiet.need("convert.package", "convert")
    manifest = Manifest.load(split)
    origin = package.Origin(options["version"] or run.name, run.name, manifest.fingerprint)
    folds = folded.load(options["folds"]) if options["folds"] else None
    metrics = package.convert(file, load_material(manifest, cache), origin, output, folds)
    if as_json:
        click.echo(json.dumps({"bundle": str(output), "metrics": metrics}))
    else:
        click.echo("\n".join(f"{name:40} {value:9.4f}" for name, value in metrics.items()))
