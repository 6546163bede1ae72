"""`maskgate-convert convert`: write an int8 bundle of a trained model, or a float model to compare with."""

from __future__ import annotations

from pathlib import Path

import click

from convert import metadata
from convert.commands.common import gates_option
from convert.gates import DEFAULT
from convert.gates import load as load_gates
from convert.models import float_model
from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text, progress
from edge.errors import ConfigError
from edge.system.files import write_atomic
from training import framework
from training.data import notes as noting
from training.data.dataset import load_material
from training.data.manifest import SplitManifest
from training.evaluation import fold_results
from training.evaluation.options import limits_option, notes_option
from training.evaluation.thresholds import load_limits

DEVICE = "int8"
# The values of `quantize.Variant`, whose module loads TensorFlow, which help must not wait for.
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
    help="Finished folds of the same recipe, whose pooled figures and thresholds the manifest carries.",
)
@notes_option
@click.option(
    "--decide",
    is_flag=True,
    help="Choose the thresholds of the answers on the validation part; without folds there are none else.",
)
@click.option("--version", help="Version of the bundle, such as 1.2.0; a development version otherwise.")
@click.option(
    "--provenance",
    "origins",
    type=EXISTING,
    help="TOML file with the licence and the sources of the data; those of the bundle in OUTPUT otherwise.",
)
@gates_option
@limits_option
@megapixels_option
@cache_option
@json_option
def convert(
    model: Path,
    output: Path,
    variant: str,
    data: Path | None,
    folds: Path | None,
    notes: tuple[Path, ...],
    decide: bool,
    version: str | None,
    origins: Path | None,
    gates: Path | None,
    limits: Path,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Writes an int8 bundle of MODEL, a run folder, a .keras or a .h5 file.

    Ends with exit code 1 and writes nothing if the int8 model disagrees with the float model, or if no
    thresholds hold the limits on the folds or on the validation part.

    \b
    Examples:
      maskgate-convert convert runs/20250101-120000-default -o bundle --version 1.2.0
      maskgate-convert convert model.h5 --data split.json -o bundle
      maskgate-convert convert model.keras --variant float16 -o float16.tflite
    """
    if folds and decide:
        raise click.UsageError("name --folds or --decide, not both: thresholds are chosen on one of them")
    if notes and not folds:
        raise click.UsageError("--notes correct what --folds were judged on; name both")
    file = float_model(model)
    # Before work that takes minutes.
    _require_fitting(output, variant)
    if variant != DEVICE:
        _plain(file, output, variant)
        click.echo(json_text({"model": str(output), "variant": variant}) if as_json else str(output))
        return
    # A model file of a run lies beside the run's split.
    run = model if model.is_dir() else model.parent
    split = _existing(data or run / "split.json")
    parity_limits, answer_limits = load_gates(gates or DEFAULT), load_limits(limits)
    manifest = SplitManifest.load(split)
    told = metadata.load_provenance(origins) if origins else metadata.Provenance()
    provenance = told.with_sources(manifest.learnt_from())
    pooled = fold_results.load(folds, answer_limits, noting.load(notes)) if folds else None
    framework.load_framework()
    # Imported after the framework is loaded, which keeps TensorFlow quiet.
    from convert import build

    origin = metadata.BundleOrigin(version or "", run.name, manifest.fingerprint)
    material = load_material(manifest, cache)
    with progress("converting") as bar:
        how = build.Options(parity_limits, pooled, answer_limits, decide, provenance, bar.describe)
        metrics = build.convert(file, material, origin, output, how)
    if as_json:
        click.echo(json_text({"bundle": str(output), "metrics": metrics}))
    else:
        click.echo("\n".join(f"{name:40} {value:9.4f}" for name, value in metrics.items()))


def _require_fitting(output: Path, variant: str) -> None:
    """Insists on a bundle directory for the device's variant, and on a .tflite file for the others.

    Raises:
        ConfigError: It is the other one.
    """
    if (output.suffix == ".tflite") == (variant == DEVICE):
        wanted = "a bundle directory" if variant == DEVICE else "a .tflite file"
        raise ConfigError(
            f"{output} cannot be written: the variant {variant} makes {wanted}; name one with -o"
        )


def _existing(split: Path) -> Path:
    if not split.is_file():
        raise ConfigError(f"{split} does not exist; name a run folder, or the split with --data")
    return split


def _plain(file: Path, output: Path, variant: str) -> None:
    framework.load_framework()
    from convert import keras_model, quantize

    with progress(f"converting to {variant}"):
        flat = quantize.to_float(keras_model.open_network(file), quantize.Variant(variant))
    write_atomic(output, flat)
