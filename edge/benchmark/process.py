"""How much memory the daemon takes and how soon it is ready, measured on the real process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edge.benchmark.baseline_worker import resident_mb
from edge.config import Config
from edge.daemon.factory import open_bundle
from edge.errors import ModelError
from edge.system.native_path import native_path
from edge.vision.opening import find_detector

STARTS = 3
PROCESSES = STARTS + 1
"""The daemon's lives and the baseline."""
WATCHED_S = 3.0
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """Resident memory in MB of the daemon and of the baseline (`bare`), and seconds from exec to READY."""

    rss_mb: float
    bare_rss_mb: float
    rss_overhead_mb: float
    ready_s: float


def measure_process(
    settings: Config, source: Path, progress: Callable[[int], None] = lambda _: None
) -> ProcessFigures:
    """Starts the daemon on a recording `STARTS` times, and then the baseline process.

    Args:
        settings: The models.
        source: The recording.
        progress: Called with the number of processes that have ended since the last call.
    """
    bundle = open_bundle(settings)
    named = (source, find_detector(settings, bundle), bundle.classifier, bundle.path)
    with ExitStack() as stack:
        # In a configuration and for the libraries alone, names must be text.
        recording, detector, classifier, folder = (stack.enter_context(native_path(one)) for one in named)
        directory = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="maskgate-bench-")))
        text = _config(directory, recording, detector, folder)
        runs = []
        for _ in range(STARTS):
            runs.append(_start(text, directory))
            progress(1)
        worker = [sys.executable, "-P", "-m", "edge.benchmark.baseline_worker"]
        command = [*worker, detector, classifier, recording]
        baseline = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
        progress(1)
    rss = max(mb for mb, _ in runs)
    return ProcessFigures(
        round(rss, 1), round(baseline, 1), round(rss - baseline, 1), round(median(s for _, s in runs), 3)
    )


def _start(config: str, directory: Path) -> tuple[float, float]:
    """One life of the daemon: its largest resident memory in MB and its seconds to READY."""
    file = directory / "config.toml"
    file.write_text(config, encoding="utf-8")
    address = directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(PATIENCE_S)
        command = [sys.executable, "-P", "-m", "edge", "run", "--config", str(file)]
        began = time.perf_counter()
        # READY comes as it does for systemd, so the figure is what a service manager sees.
        daemon = subprocess.Popen(  # noqa: S603
            command, env={**os.environ, "NOTIFY_SOCKET": str(address)}, stderr=subprocess.PIPE, text=True
        )
        try:
            ready = _await_ready(listener, began)
            return _largest(daemon), ready
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate()
            # A socket cannot be bound to a name that exists, and there is another start.
            address.unlink()


def _await_ready(listener: socket.socket, began: float) -> float:
    try:
        while b"READY=1" not in listener.recv(4096):
            pass
    except TimeoutError:
        raise ModelError(f"the daemon was not ready within {PATIENCE_S:.0f} s; try: maskgate run") from None
    return time.perf_counter() - began


def _largest(daemon: subprocess.Popen[str]) -> float:
    """The largest resident memory in MB while the daemon runs, at most `WATCHED_S` long."""
    status = Path(f"/proc/{daemon.pid}/status")
    largest, deadline = 0.0, time.monotonic() + WATCHED_S
    while time.monotonic() < deadline and daemon.poll() is None:
        largest = max(largest, resident_mb(status))
        time.sleep(0.1)
    return largest


def _config(directory: Path, recording: str, detector: str, bundle: str) -> str:
    """A configuration with the models at hand, the recording, and a broker that is away."""
    # A JSON string is a TOML string.
    return f"""
[camera]
source = {json.dumps(recording)}
[detector]
model = {json.dumps(detector)}
[classifier]
bundle = {json.dumps(bundle)}
[lamp]
kind = "none"
[mqtt]
host = "127.0.0.1"
port = 9
[spool]
path = {json.dumps(str(directory / "spool.db"))}
[log]
level = "error"
"""
