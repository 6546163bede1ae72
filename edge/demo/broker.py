"""A Mosquitto process of the demo's own."""

from __future__ import annotations

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edge.errors import BrokerError

BROKER_PLACES = "/usr/sbin:/usr/local/sbin:/opt/homebrew/sbin"
"""Where Debian and others keep mosquitto, outside a user's PATH."""

PATIENCE_S = 5.0


@contextmanager
def own_broker(directory: Path) -> Iterator[int | None]:
    """A Mosquitto process of its own on a free loopback port; None where there is no Mosquitto."""
    program = shutil.which("mosquitto") or shutil.which("mosquitto", path=BROKER_PLACES)
    if program is None:
        yield None
        return
    # Somebody may take it before Mosquitto does; the demo then fails and can be run again.
    port = _free_port()
    file = directory / "mosquitto.conf"
    file.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type none\n")
    process = subprocess.Popen(  # noqa: S603
        [program, "-c", str(file)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _await_port(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise BrokerError(
        f"the demo's Mosquitto did not open port {port} within {PATIENCE_S:.0f} s; run it again"
    )
