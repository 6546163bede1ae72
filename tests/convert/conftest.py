"""Fixtures of the conversion's tests."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.builders import made_once
from tests.support.convert import Trained
from tests.support.paths import ROOT


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small network that was trained on drawn faces, and its likenesses with faults."""

    def train(where: Path) -> None:
        command = [sys.executable, "-m", "tests.support.networks", str(where)]
        root = ROOT
        done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr

    return Trained(made_once(tmp_path_factory, "trained", train))
