"""`maskgate doctor`."""

from __future__ import annotations

import os
from dataclasses import asdict
from pathlib import Path

import click

from edge import config as configuration
from edge.cli.options import config_file_option, json_option
from edge.cli.output import json_text
from edge.config import Config
from edge.diagnostics.doctor import examine, sound
from edge.diagnostics.finding import Device, line_of
from edge.errors import ConfigError, GateError


@click.command()
@config_file_option
@click.option("--offline", is_flag=True, help="Open neither camera nor lamp nor broker.")
@json_option
def doctor(file: Path, offline: bool, as_json: bool) -> None:
    """Check this device from processor to broker, a line each: what was found, and the fix of each fault.

    It changes nothing. What a running daemon holds is not opened. The exit code is 1 where there is a fault.

    \b
    Examples:
      sudo maskgate doctor
      maskgate doctor --offline --json
    """
    findings = []
    for finding in examine(_device(file), connect=not offline):
        findings.append(finding)
        if not as_json:
            click.echo(line_of(finding))
    if as_json:
        click.echo(json_text([asdict(finding) for finding in findings], indent=2))
    if not sound(findings):
        raise GateError("this device has faults; see the lines that begin with fault")


def _device(file: Path) -> Device:
    try:
        config, wrong = configuration.examine(file)
    except ConfigError:
        # The check of the configuration says so, and what would go by the defaults is skipped.
        return Device(file, Config(), os.environ, wrong=("",))
    return Device(file, config, os.environ, wrong=tuple(key for key, _ in wrong))
