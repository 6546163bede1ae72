"""`maskgate run`."""

from __future__ import annotations

import logging
import os
import signal
from pathlib import Path
from types import FrameType

import click

from edge import camera
from edge.cli.app import log_as_configured
from edge.cli.options import bundle_option, config_file_option, detector_option
from edge.config import load, with_models
from edge.daemon.daemon import Daemon, all_in_one
from edge.daemon.journal import JournalObserver

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
    _obey_signals(daemon)
    daemon.run()
    if camera.stuck():
        # `os._exit` flushes nothing; why it is needed stands at `stuck`.
        logging.shutdown()
        os._exit(0)


def _obey_signals(daemon: Daemon) -> None:
    """SIGTERM and SIGINT end the daemon after its cycle, in good order; SIGHUP has it take the new bundle."""
    actions = {signal.SIGTERM: daemon.stop, signal.SIGINT: daemon.stop, signal.SIGHUP: daemon.reload}

    def handle(number: int, _frame: FrameType | None) -> None:
        # It only sets an event: a handler runs anywhere between two steps of this thread.
        actions[signal.Signals(number)]()

    for number in actions:
        signal.signal(number, handle)
