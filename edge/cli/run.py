"""`maskgate run`."""

from __future__ import annotations

import logging
import os
import signal
import threading
from pathlib import Path
from types import FrameType

import click

from edge import camera
from edge import config as configs
from edge.cli.app import log_as_configured
from edge.cli.compose import with_models
from edge.cli.daemon import serve
from edge.cli.journal import Journal
from edge.cli.options import bundle_option, config_file_option, detector_option


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
    config = with_models(configs.load(file), bundle, detector)
    log_as_configured(config.log.level)
    serve(config, _stop_signals().is_set, Journal())
    if camera.stuck():
        logging.shutdown()
        os._exit(0)


def _stop_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set: the loop ends after its turn, in good order."""
    stop = threading.Event()

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
    return stop
