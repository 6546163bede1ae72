"""`maskgate models fetch`."""

from __future__ import annotations

from pathlib import Path

import click

from edge.bundle.download import YUNET, YUNET_URL, fetch_yunet
from edge.bundle.store import models_directory


@click.command()
@click.option(
    "--to",
    "directory",
    type=click.Path(path_type=Path),
    help="Directory to keep it in (the default is found).",
)
@click.option("--url", default=YUNET_URL, show_default=True, help="Where to fetch it from; a mirror will do.")
def fetch(directory: Path | None, url: str) -> None:
    """Fetch the YuNet face detector of the OpenCV model zoo (230 kB).

    \b
    Example:
      maskgate models fetch
    """
    target = (directory or models_directory()) / YUNET
    fetch_yunet(url, target)
    click.echo(f"{target} is in place")
