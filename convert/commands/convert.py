"""`maskgate-convert convert`: write an int8 bundle of a trained model, or a float model to compare with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from convert import gates as limits
from convert import metadata
from convert.commands.common import gates_option
from convert.models import float_model
from edge.cli.options import EXISTING, FILE, cache_option, json_option
from edge.cli.output import steps
from edge.errors import ConfigError
from edge.system.files import write_atomic
from training import framework
from training.data.dataset import load_material
from training.data.manifest import SplitManifest
from training.evaluation import fold_results

DEVICE = "int8"
VARIANTS = (DEVICE, "float16", "dynamic", "float32")


@click.command()
@click.argument("model", type=EXISTING)
@click.option(
    "-o",
    "--output",
    required=True,
    type=FILE,
    help="Bundle directory to write; a .tflite file with another variant.",
)
@click.option(
    "--variant",
    type=click.Choice(VARIANTS),
    default=DEVICE,
    show_default=True,
    help="int8 makes a bundle; the others make a plain .tflite file to compare with, which no device takes.",
)
@click.option("--data", type=EXISTING, help="Split manifest; the run's own otherwise.")
@click.option(
    "--folds",
    type=EXISTING,
    help="Finished folds of the same recipe, whose pooled figures the manifest carries.",
)
@click.option("--version", help="Version of the bundle, such as 1.2.0; a development version otherwise.")
@click.option(
    "--provenance",
    "origins",
    type=EXISTING,
    help="TOML file with the licence and the sources of the data; those of the bundle in OUTPUT otherwise.",
)
@gates_option
@cache_option
@json_option
@click.pass_context
def convert(
    context: click.Context, /, model: Path, output: Path, variant: str, as_json: bool, **_: object
) -> None:
    """Writes an int8 bundle of MODEL, a run folder, a .keras or a .h5 file.

    Ends with exit code 1 and writes nothing if the int8 model disagrees with the float model.

    \b
    Examples:
      maskgate-convert convert runs/20250101-120000-default -o bundle --version 1.2.0
      maskgate-convert convert model.h5 --data split.json -o bundle
      maskgate-convert convert model.keras --variant float16 -o float16.tflite
    """
    file = float_model(model)
    if (output.suffix == ".tflite") == (variant == DEVICE):
        wanted = "a bundle directory" if variant == DEVICE else "a .tflite file"
        raise ConfigError(
            f"{output} cannot be written: the variant {variant} makes {wanted}; name one with -o"
        )
    if variant != DEVICE:
        _plain(file, output, variant)
        click.echo(json.dumps({"model": str(output), "variant": variant}) if as_json else str(output))
        return
    metrics = _bundle(model, file, context.params)
    if as_json:
        click.echo(json.dumps({"bundle": str(output), "metrics": metrics}))
    else:
        click.echo("\n".join(f"{name:40} {value:9.4f}" for name, value in metrics.items()))


def _plain(file: Path, output: Path, variant: str) -> None:
    framework.load_framework(extra="convert")
    quantize, network = (
        framework.need("convert.quantize", "convert"),
        framework.need("convert.keras_model", "convert"),
    )
    with steps() as step:
        step(f"converting to {variant}")
        flat = quantize.to_float(network.open_network(file), quantize.Variant(variant))
    write_atomic(output, flat)


def _bundle(model: Path, file: Path, options: dict[str, Any]) -> dict[str, float]:
    run = model if model.is_dir() else model.parent
    split = options["data"] or run / "split.json"
    if not split.is_file():
        raise ConfigError(f"{split} does not exist; name a run folder, or the split with --data")
    chosen = limits.load(options["gates"]) if options["gates"] else limits.load()
    framework.load_framework(extra="convert")
    package = framework.need("convert.build", "convert")
    manifest = SplitManifest.load(split)
    origin = package.BundleOrigin(options["version"] or "", run.name, manifest.fingerprint)
    told = metadata.load_provenance(options["origins"]) if options["origins"] else metadata.Provenance()
    folds = fold_results.load(options["folds"]) if options["folds"] else None
    material = load_material(manifest, options["cache"])
    with steps() as step:
        how = package.Options(chosen, folds, told, step)
        made: dict[str, float] = package.convert(file, material, origin, options["output"], how)
    return made
