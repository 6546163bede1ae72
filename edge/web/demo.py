"""A device for a try: the real daemon, in a process of its own, plays the built-in clip over and over."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.config import Config, load
from edge.demo import CLIP
from edge.spool.control.client import SpoolClient
from edge.spool.records import limits_of
from edge.system.process import end_with_parent

START_S, STOP_S = 30.0, 10.0


@contextmanager
def demo_device() -> Iterator[Config]:
    """Runs the device; gives its configuration. What it stored is deleted in the end."""
    with tempfile.TemporaryDirectory(prefix="maskgate-web-") as directory:
        file = Path(directory, "config.toml")
        file.write_text(_configuration(Path(directory)), encoding="utf-8")
        command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
        # This program itself, begun while it has one thread.
        daemon = subprocess.Popen(command, preexec_fn=end_with_parent())  # noqa: S603, PLW1509
        try:
            config = load(file)
            _await(daemon, config)
            yield config
        finally:
            _end(daemon)


def _configuration(directory: Path) -> str:
    # A JSON string is a TOML string as well.
    return (
        '[device]\nsite = "demo"\nname = "entrance"\n'
        f"[camera]\nsource = {json.dumps(str(CLIP))}\nrepeat = true\n"
        '[lamp]\nkind = "none"\n'
        "[mqtt]\nenabled = false\n"
        f"[spool]\npath = {json.dumps(str(directory / 'spool.db'))}\n"
        '[log]\nlevel = "warning"\n'
    )


def _await(daemon: subprocess.Popen[bytes], config: Config) -> None:
    """Waits until the device answers, so that the first page shows it."""
    client = SpoolClient(Path(config.spool.path), limits_of(config.spool))
    deadline = time.monotonic() + START_S
    while daemon.poll() is None and client.state() is None and time.monotonic() < deadline:
        time.sleep(0.05)


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(STOP_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
