"""`maskgate vision`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import click

from edge import camera
from edge.cli.app import log_as_configured
from edge.cli.options import bundle_option, config_file_option, detector_option
from edge.config import load, with_models
from edge.daemon.journal import JournalObserver
from edge.daemon.link_path import link_path
from edge.daemon.signals import obey_signals
from edge.daemon.vision_process import vision_process

log = logging.getLogger(__name__)


@click.command()
@config_file_option
@bundle_option
@detector_option
def vision(file: Path, bundle: Path | None, detector: Path | None) -> None:
    """Watch the entrance and store what is decided, without a network; `maskgate uplink` sends it.

    Both together are what `run` is alone.

    \b
    Example:
      maskgate vision --config /etc/maskgate/config.toml
    """
    config = with_models(load(file), bundle, detector)
    log_as_configured(config.log.level)
    log.info("the configuration is %s", file)
    daemon = vision_process(config, link_path(config, os.environ), JournalObserver())
    obey_signals(daemon)
    daemon.run()
    camera.leave()
