"""Options that several commands of `maskgate-convert` take."""

from __future__ import annotations

import click

from edge.cli.options import EXISTING

gates_option = click.option(
    "--gates", type=EXISTING, help="TOML file of limits instead of the package's convert/gates.toml."
)
