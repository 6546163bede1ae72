"""`maskgate-convert parity`: the float model against the int8 model of a bundle, on the same faces."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from convert.commands.common import gates_option
from convert.gates import DEFAULT
from convert.gates import load as load_gates
from convert.models import float_model
from edge import bundle as bundles
from edge.cli.options import EXISTING, FILE, cache_option, json_option, megapixels_option
from edge.cli.output import json_text, progress
from edge.config import Config
from edge.self_test import self_test
from edge.vision.interpreter import TfliteModel
from training import framework
from training.data.dataset import FaceDataset, load_material
from training.data.manifest import SplitManifest, SplitPart

if TYPE_CHECKING:
    from convert.parity.compare import Pixels
    from convert.parity.metrics import Comparison


@click.command()
@click.argument("model", type=EXISTING)
@click.argument("path", metavar="BUNDLE", type=EXISTING)
@click.option("--split", required=True, type=EXISTING, help="Split manifest of the faces to compare on.")
@click.option(
    "--part",
    type=click.Choice([part.value for part in SplitPart]),
    default=SplitPart.VALIDATION.value,
    show_default=True,
    help="Which of its faces.",
)
@click.option("--sheet", type=FILE, help="Write the worst crops as a PNG, to look at on a desktop.")
@click.option("--explain", is_flag=True, help="Show the error of each layer, worst first, and what to try.")
@gates_option
@megapixels_option
@cache_option
@json_option
def parity(
    model: Path,
    path: Path,
    split: Path,
    part: str,
    sheet: Path | None,
    explain: bool,
    gates: Path | None,
    cache: Path | None,
    as_json: bool,
) -> None:
    """Compares the float MODEL with the int8 model in BUNDLE, run by the code of the device.

    Ends with exit code 1 if a limit is broken, a figure is no number, or a class has no face.

    \b
    Examples:
      maskgate-convert parity runs/20250101-120000-default bundle --split split.json
      maskgate-convert parity model.keras bundle.tar.gz --split split.json --explain --sheet worst.png
    """
    file = float_model(model)
    limits = load_gates(gates or DEFAULT)
    manifest = SplitManifest.load(split)
    framework.load_framework()
    from convert.parity import compare, layers
    from convert.parity.report import measure

    material = load_material(manifest, cache).of(SplitPart(part))
    found, crops = _compared(file, path, material)
    if sheet:
        compare.worst_sheet(found, crops, sheet)
    report = measure(found, limits.parity)
    if as_json:
        by_layer = {"layers": [asdict(one) for one in found.layers]} if explain else {}
        click.echo(json_text(report.as_json() | by_layer))
    else:
        click.echo(report.text())
        if explain:
            click.echo(f"\n{layers.explain(found.layers)}")
    # Last: the figures are printed, also where a limit is broken.
    report.insist()


def _compared(model: Path, path: Path, material: FaceDataset) -> tuple[Comparison, Pixels]:
    """What both models say of the same faces, and the crops that they were shown."""
    from convert import keras_model, representative, tflite
    from convert.parity import compare

    with bundles.opened(path) as bundle, progress("opening the models") as bar:
        name = str(bundle.classifier)
        # The bundle may have been made by another program.
        tflite.require_integer(tflite.read(bundle.classifier.read_bytes(), name), name)
        self_test.survive(bundle, Config())
        pair = compare.ModelPair(keras_model.open_network(model), TfliteModel(bundle.classifier))
        bar.describe("comparing")
        counts = representative.class_counts(bundle.manifest.metrics, pair.device.classes)
        return compare.compare(pair, material, counts)
