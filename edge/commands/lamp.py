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


@lamp.command()
def guard() -> None:
    """Hold the relay for a daemon that is at the other end of standard input and output, a local socket.

    systemd starts this when the daemon calls. It lets the relay go when the daemon has said nothing for 0.6 s
    or is gone, and then ends.

    \b
    Example, from maskgate-relay@.service:
      ExecStart=/opt/maskgate/bin/maskgate lamp guard
    """
    from edge.system.relay_guard import main

    main()
