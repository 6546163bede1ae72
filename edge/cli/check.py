"""`maskgate check`."""

from __future__ import annotations

from pathlib import Path

import click

from edge import config as configs


@click.command()
@click.option(
    "--config",
    "file",
    type=click.Path(path_type=Path),
    default=Path("config.toml"),
    show_default=True,
    help="The configuration to check.",
)
def check(file: Path) -> None:
    """Check a configuration; every problem at once, each as section.key: problem.

    \b
    Example:
      maskgate check --config /etc/maskgate/config.toml
    """
    configs.load(file)
    click.echo(f"{file} is in order")
