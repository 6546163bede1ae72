"""Fixtures of the daemon's tests."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.daemons import Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the daemon with a configuration; what still runs at the end is killed."""
    running: list[subprocess.Popen[str]] = []

    def call(sections: str, command: str = "run", **environment: str) -> subprocess.Popen[str]:
        file = tmp_path / "config.toml"
        file.write_text(f'[spool]\npath = "{tmp_path / "spool.db"}"\n{sections}')
        command = [sys.executable, "-m", "edge", command, "--config", str(file)]
        daemon = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(daemon)
        return daemon

    yield call
    for daemon in running:
        if daemon.poll() is None:
            daemon.kill()
        daemon.communicate()
