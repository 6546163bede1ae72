"""`maskgate uplink`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from edge.cli.app import log_as_configured
from edge.cli.options import config_file_option
from edge.config import load
from edge.daemon.link_path import link_path
from edge.daemon.signals import obey_signals
from edge.daemon.uplink_process import uplink_process
from edge.errors import ConfigError

log = logging.getLogger(__name__)


@click.command()
@config_file_option
def uplink(file: Path) -> None:
    """Send what `maskgate vision` has stored, without a camera; either may be started again at any time.

    \b
    Example:
      maskgate uplink --config /etc/maskgate/config.toml
    """
    config = load(file)
    if not config.mqtt.enabled:
        raise ConfigError("mqtt.enabled: it is false, and nothing is to be sent; start maskgate vision alone")
    log_as_configured(config.log.level)
    log.info("the configuration is %s", file)
    daemon = uplink_process(config, link_path(config, os.environ))
    obey_signals(daemon)
    daemon.run()
