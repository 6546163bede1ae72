"""`maskgate run`."""

from __future__ import annotations

import logging
from pathlib import Path

import click

from edge import camera
from edge.cli.app import log_as_configured
from edge.cli.options import bundle_option, config_file_option, detector_option
from edge.config import load, with_models
from edge.daemon.all_in_one import all_in_one
from edge.daemon.journal import JournalObserver
from edge.daemon.signals import obey_signals

log = logging.getLogger(__name__)


@click.command()
@config_file_option
@bundle_option
@detector_option
def run(file: Path, bundle: Path | None, detector: Path | None) -> None:
    """Watch the entrance until stopped: the daemon that the service starts.

    \b
    Example:
      maskgate run --config /etc/maskgate/config.toml
    """
    config = with_models(load(file), bundle, detector)
    log_as_configured(config.log.level)
    log.info("the configuration is %s", file)
    daemon = all_in_one(config, JournalObserver())
    obey_signals(daemon)
    daemon.run()
    camera.leave()
