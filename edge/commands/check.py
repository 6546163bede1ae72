"""`maskgate check`."""

from __future__ import annotations

from pathlib import Path

import click

from edge.bundle import trust
from edge.cli.options import config_file_option
from edge.config import load


@click.command()
@config_file_option
def check(file: Path) -> None:
    """Check a configuration, and the keys it names; every problem at once, each as section.key: problem.

    \b
    Example:
      maskgate check --config /etc/maskgate/config.toml
    """
    config = load(file)
    # `load` opens no key; a wrong one would show only with the next bundle.
    trust.open_keys(config.classifier.trusted_keys)
    click.echo(f"{file} is in order")
