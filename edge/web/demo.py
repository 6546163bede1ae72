"""A device for a try: the real daemon, in a process of its own, plays the built-in clip over and over."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.config import Config, load
from edge.demo import CLIP

BETWEEN_S = 1.0
STOP_S = 10.0


@contextmanager
def demo_device() -> Iterator[Config]:
    """Runs the device; gives its configuration. What it stored is deleted in the end."""
    with tempfile.TemporaryDirectory(prefix="maskgate-web-") as directory:
        file = Path(directory, "config.toml")
        file.write_text(_configuration(Path(directory)), encoding="utf-8")
        player = _Player(file)
        player.start()
        try:
            yield load(file)
        finally:
            player.stop()


def _configuration(directory: Path) -> str:
    # A JSON string is a TOML string as well.
    return (
        '[device]\nsite = "demo"\nname = "entrance"\n'
        f"[camera]\nsource = {json.dumps(str(CLIP))}\n"
        '[lamp]\nkind = "none"\n'
        "[mqtt]\nenabled = false\n"
        f"[spool]\npath = {json.dumps(str(directory / 'spool.db'))}\n"
        '[log]\nlevel = "warning"\n'
    )


class _Player(threading.Thread):
    """Starts the daemon again whenever the clip is over."""

    def __init__(self, file: Path) -> None:
        super().__init__(name="maskgate-demo", daemon=True)
        self._command = [sys.executable, "-m", "edge", "run", "--config", str(file)]
        self._stopping = threading.Event()

    def run(self) -> None:
        """Plays until it is stopped."""
        while not self._stopping.is_set():
            process = subprocess.Popen(self._command)  # noqa: S603 - this program itself
            while process.poll() is None and not self._stopping.wait(0.1):
                pass
            process.terminate()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
            self._stopping.wait(BETWEEN_S)

    def stop(self) -> None:
        """Ends the daemon, and waits for its end."""
        self._stopping.set()
        self.join()
