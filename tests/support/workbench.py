"""The workbench as it is served: the real command, in a process of its own, on a free port of loopback."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.support import forked
from tests.support.web import WAIT_S, Served

MAKE_NETWORK = """
import sys
from tests.support.networks import small
small().save(sys.argv[1])
"""


@contextmanager
def served_workbench(folder: Path, *options: object) -> Iterator[Served]:
    """Serves a workbench that keeps its things in a folder, until the end of the block."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    said = folder / "said.txt"
    words = ("workbench", "--port", port, "--folder", folder / "bench", "--runs", folder / "runs", *options)
    process = forked.start(forked.program("training"), *words, out=said, err=said)
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=WAIT_S, trust_env=False) as client:
            _wait_for(client, said)
            yield Served(url, client)
    finally:
        process.terminate()
        process.join(WAIT_S)
        process.kill()


def _wait_for(client: httpx.Client, said: Path) -> None:
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        try:
            if client.get("/api/health").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError(said.read_text())


def make_network(file: Path) -> Path:
    """A float network that was not trained, in a run folder of its own."""
    file.parent.mkdir(parents=True)
    done = forked.run(MAKE_NETWORK, file)
    assert done.returncode == 0, done.stderr
    return file
