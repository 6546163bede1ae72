"""A device for a try: the real daemon, in a process of its own, plays the built-in clip over and over."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.config import Config, load
from edge.demo import CLIP

STOP_S = 10.0


@contextmanager
def demo_device() -> Iterator[Config]:
    """Runs the device; gives its configuration. What it stored is deleted in the end."""
    with tempfile.TemporaryDirectory(prefix="maskgate-web-") as directory:
        file = Path(directory, "config.toml")
        file.write_text(_configuration(Path(directory)), encoding="utf-8")
        command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
        daemon = subprocess.Popen(command)  # noqa: S603 - this program itself
        try:
            yield load(file)
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


def _end(daemon: subprocess.Popen[bytes]) -> None:
    daemon.terminate()
    try:
        daemon.wait(STOP_S)
    except subprocess.TimeoutExpired:
        daemon.kill()
        daemon.wait()
