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
from edge.cli.options import bundle_option, config_file_option, detector_option
from edge.config import with_models
from edge.daemon.daemon import Orders, serve
from edge.daemon.journal import JournalObserver


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
    serve(config, _orders(), JournalObserver())
    if camera.stuck():
        logging.shutdown()
        os._exit(0)


def _orders() -> Orders:
    """SIGTERM and SIGINT end the loop after its turn, in good order; SIGHUP has it take the new bundle."""
    stop, renew = threading.Event(), threading.Event()
    signals = {signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: renew}

    def handle(number: int, _frame: FrameType | None) -> None:
        signals[signal.Signals(number)].set()

    def renewing() -> bool:
        wanted = renew.is_set()
        if wanted:
            renew.clear()
        return wanted

    for number in signals:
        signal.signal(number, handle)
    return Orders(stop.is_set, renewing)
