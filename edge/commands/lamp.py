"""`maskgate lamp`."""

from __future__ import annotations

import click

from edge.cli.options import service_config_option
from edge.config import Config


@click.group()
def lamp() -> None:
    """Switch lamps, buzzer and relay without the daemon."""


@lamp.command()
@service_config_option("Configuration file; the service's unless given.")
def off(settings: Config) -> None:
    """Switch off every pin that is configured; the daemon must not run.

    The service does this whenever it has ended, however it ended: a program that was killed leaves its pins
    as they were.

    \b
    Example:
      sudo maskgate lamp off
    """
    from edge.indicator import switch_off

    switch_off(settings.lamp, settings.relay)
