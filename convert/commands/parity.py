"""`maskgate-convert parity`: the float model against the int8 model of a bundle, on the same faces."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

import click

from convert import gates as limits
from convert import representative, tflite
from convert.commands.common import gates_option
from convert.models import float_model, open_bundle_path
from edge.cli.options import EXISTING, FILE, cache_option, json_option
from edge.cli.output import steps
from training import framework
from training.data.dataset import load_material
from training.data.manifest import SplitManifest, SplitPart


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
@cache_option
@json_option
@click.pass_context
def parity(context: click.Context, /, as_json: bool, explain: bool, **_: object) -> None:
    """Compares the float MODEL with the int8 model in BUNDLE, run by the code of the device.

    Ends with exit code 1 if a limit is broken, a figure is no number, or a class has no face.

    \b
    Examples:
      maskgate-convert parity runs/20250101-120000-default bundle --split split.json
      maskgate-convert parity model.keras bundle.tar.gz --split split.json --explain --sheet worst.png
    """
    found, report = _compared(context.params)
    if as_json:
        told = report.as_json() | ({"layers": [asdict(one) for one in found.layers]} if explain else {})
        click.echo(json.dumps(told))
    else:
        click.echo(report.text())
        if explain:
            click.echo(f"\n{framework.need('convert.parity.layers', 'convert').explain(found.layers)}")
    report.insist()


def _compared(options: dict[str, Any]) -> tuple[Any, Any]:
    """The comparison and its report; writes the sheet."""
    file = float_model(options["model"])
    chosen = limits.load(options["gates"]) if options["gates"] else limits.load()
    framework.load_framework(extra="convert")
    measures, comparison, network = (
        framework.need(f"convert.{name}", "convert")
        for name in ("parity.report", "parity.compare", "keras_model")
    )
    classify = framework.need("edge.vision.interpreter", "convert")
    manifest = SplitManifest.load(options["split"])
    material = load_material(manifest, options["cache"]).of(SplitPart(options["part"]))
    with open_bundle_path(options["path"]) as bundle, steps() as step:
        step("opening the models")
        name = str(bundle.classifier)
        tflite.require_integer(tflite.read(bundle.classifier.read_bytes(), name), name)
        pair = comparison.ModelPair(network.open_network(file), classify.TfliteModel(bundle.classifier))
        step("comparing")
        counts = representative.told(bundle.manifest.metrics, pair.device.classes)
        found, crops = comparison.compare(pair, material, counts)
    if options["sheet"]:
        comparison.worst_sheet(found, crops, options["sheet"])
    return found, measures.measure(found, chosen.parity)
