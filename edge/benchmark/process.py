"""How much memory the daemon takes and how soon it is ready, measured on the real process."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from edge.benchmark.baseline_worker import resident_mb
from edge.config import Config
from edge.daemon.factory import find_detector, open_bundle
from edge.errors import ModelError

STARTS = 3
WATCHED_S = 3.0
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class ProcessFigures:
    """Resident memory in MB of the daemon and of the baseline (`bare`), and seconds from exec to READY."""

    rss_mb: float
    bare_rss_mb: float
    rss_overhead_mb: float
    ready_s: float


def measure_process(settings: Config, source: Path) -> ProcessFigures:
    """Starts the daemon on a recording, and then the baseline process."""
    bundle = open_bundle(settings)
    models = str(find_detector(settings, bundle)), str(bundle.classifier)
    with tempfile.TemporaryDirectory(prefix="maskgate-bench-") as directory:
        runs = [_start(settings, source, Path(directory)) for _ in range(STARTS)]
    command = [sys.executable, "-P", "-m", "edge.benchmark.baseline_worker", *models, str(source)]
    baseline = float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)  # noqa: S603
    rss = max(mb for mb, _ in runs)
    return ProcessFigures(
        round(rss, 1), round(baseline, 1), round(rss - baseline, 1), round(median(s for _, s in runs), 3)
    )


def _start(settings: Config, source: Path, directory: Path) -> tuple[float, float]:
    """One life of the daemon: its largest resident memory in MB and its seconds to READY."""
    file = directory / "config.toml"
    file.write_text(_config(settings, source, directory))
    address = directory / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(address))
        listener.settimeout(PATIENCE_S)
        command = [sys.executable, "-P", "-m", "edge", "run", "--config", str(file)]
        began = time.perf_counter()
        daemon = subprocess.Popen(  # noqa: S603
            command, env={**os.environ, "NOTIFY_SOCKET": str(address)}, stderr=subprocess.PIPE, text=True
        )
        try:
            ready = _await_ready(listener, began)
            return _largest(daemon), ready
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.communicate()
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


def _config(settings: Config, source: Path, directory: Path) -> str:
    """A configuration with the models at hand, the recording, and a broker that is away."""
    return f"""
[camera]
source = "{source}"
[detector]
model = "{settings.detector.model}"
[classifier]
bundle = "{settings.classifier.bundle}"
[lamp]
kind = "none"
[mqtt]
host = "127.0.0.1"
port = 9
[spool]
path = "{directory / "spool.db"}"
[log]
level = "error"
"""
