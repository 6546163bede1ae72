"""The command `maskgate-convert`."""

from __future__ import annotations

import click

from edge.cli.app import LazyGroup, log_level_option, run_app, version_option

COMMANDS = {
    "convert": "convert.cli.convert:convert",
    "parity": "convert.cli.parity:parity",
    "bench": "convert.cli.bench:bench",
    "inspect": "convert.cli.inspect:inspect",
    "detector": "convert.cli.detector:detector",
    "pack": "convert.cli.pack:pack",
    "keygen": "convert.cli.sign:keygen",
    "sign": "convert.cli.sign:sign",
    "verify": "convert.cli.sign:verify",
}


@click.group(cls=LazyGroup, commands_at=COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@version_option
@log_level_option
def maskgate_convert() -> None:
    """Converts a trained classifier for the device and proves that nothing was lost.

    \b
    Example:
      maskgate-convert convert runs/20250101-120000-default -o bundle
    """


def main() -> None:
    """Runs the command."""
    run_app(maskgate_convert)
