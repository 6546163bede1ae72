"""`maskgate check`."""

from __future__ import annotations

from pathlib import Path

import click

from edge import config as configs
from edge.bundle import trust
from edge.cli.options import config_file_option


@click.command()
@config_file_option
def check(file: Path) -> None:
    """Check a configuration, and the keys it names; every problem at once, each as section.key: problem.

    \b
    Example:
      maskgate check --config /etc/maskgate/config.toml
    """
    config = configs.load(file)
    trust.open_keys(config.classifier.trusted_keys)
    click.echo(f"{file} is in order")
