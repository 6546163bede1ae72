"""`maskgate-convert inspect`: what a bundle or a TFLite file holds."""

from __future__ import annotations

from pathlib import Path

import click

from edge import bundle as bundles
from edge.cli.options import EXISTING, json_option
from edge.cli.output import json_text


@click.command()
@click.argument("path", metavar="BUNDLE|MODEL.tflite", type=EXISTING)
@json_option
def inspect(path: Path, as_json: bool) -> None:
    """Shows inputs, outputs, scales, operations, sizes, hashes, and all that the manifest tells.

    \b
    Examples:
      maskgate-convert inspect bundle
      maskgate-convert inspect float16.tflite --json
    """
    from convert.inspect import of_bundle, of_file

    if path.suffix == ".tflite":
        found = of_file(path)
    else:
        with bundles.opened(path) as bundle:
            found = of_bundle(bundle)
    click.echo(json_text(found.as_json()) if as_json else found.text())
