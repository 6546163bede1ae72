"""Jobs of the workbench whose steps are none of the real commands, in real processes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

WAIT_S = 60.0

STEPS = """
import resource, sys, time
from pathlib import Path
import click
from edge.cli.output import progress
from edge.errors import ConfigError, GateError
from edge.system.files import write_atomic
from training.workbench.job_worker import work

def step(words):
    name, *rest = words
    if name == "say":
        click.echo('{"said": "%s"}' % rest[0])
        click.echo("for people", err=True)
    if name == "wait":
        # Until the file is there.
        with progress("waiting", 4, (0.0, 0.5)) as bar:
            bar.advance()
            while not Path(rest[0]).exists():
                time.sleep(0.01)
    if name == "fill":
        # As on a full disk: no file may be longer than that.
        _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, most))
        write_atomic(Path(rest[0]), bytes(1 << 20))
    if name == "refuse":
        raise ConfigError("the file is none")
    if name == "gate":
        raise GateError("not better")
    if name == "crash":
        raise RuntimeError("odd")
    if name == "usage":
        raise click.UsageError("no such option")
    if name == "die":
        import os, signal
        os.kill(os.getpid(), signal.SIGKILL)

work(Path(sys.argv[1]), step)
"""


def launch(folder: Path) -> int:
    """Starts the process of a job with these steps; see `training.workbench.jobs.launch`."""
    process = subprocess.Popen([sys.executable, "-c", STEPS, str(folder)], start_new_session=True)
    threading.Thread(target=process.wait, daemon=True).start()
    return process.pid


def wait_until(true: Callable[[], bool]) -> None:
    """Waits for what another process does."""
    until = time.monotonic() + WAIT_S
    while not true():
        assert time.monotonic() < until, "it did not come"
        time.sleep(0.01)
