"""The command `maskgate-convert`: a module for each command, imported when it is called."""

from __future__ import annotations

import click

from edge.cli.app import LazyGroup, log_level_option, run_app, version_option

COMMANDS = {
    "convert": "convert.commands.convert:convert",
    "parity": "convert.commands.parity:parity",
    "bench": "convert.commands.bench:bench",
    "inspect": "convert.commands.inspect:inspect",
    "detector": "convert.commands.detector:detector",
    "pack": "convert.commands.pack:pack",
    "keygen": "convert.commands.sign:keygen",
    "sign": "convert.commands.sign:sign",
    "verify": "convert.commands.sign:verify",
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
    run_app(maskgate_convert, "convert")
