"""Fixtures of the conversion's tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.convert.builders import Trained


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small network that was trained on drawn faces, and its likenesses with faults."""
    where = tmp_path_factory.mktemp("trained")
    command = [sys.executable, "-m", "tests.convert.networks", str(where)]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Trained(where)
