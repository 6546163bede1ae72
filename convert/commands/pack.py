"""`maskgate-convert pack`: a bundle as one file."""

from __future__ import annotations

from pathlib import Path

import click

from edge import bundle
from edge.cli.options import FILE


@click.command()
@click.argument("directory", metavar="BUNDLE", type=FILE)
@click.option("-o", "--output", required=True, type=FILE, help="File to write, such as model-1.2.0.tar.gz.")
def pack(directory: Path, output: Path) -> None:
    """Packs the directory BUNDLE into one file; the same bundle gives the same bytes on every machine.

    Example: maskgate-convert pack bundle -o model-1.2.0.tar.gz
    """
    packed = bundle.pack(directory, output)
    click.echo(f"{output} holds {packed.name}, {output.stat().st_size:,} bytes")
