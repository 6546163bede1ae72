"""Fixtures of the conversion's tests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edge import bundle
from tests.support.builders import made_once
from tests.support.convert import Done, Trained, commands
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


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A copy of the shipped bundle."""
    return Path(shutil.copytree(bundle.SHIPPED, tmp_path / "bundle"))


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """The shipped detector as a file of its own."""
    return Path(shutil.copy(bundle.SHIPPED / bundle.DETECTOR, tmp_path / "mine.onnx"))


@pytest.fixture(scope="module")
def converted(trained: Trained) -> Path:
    """The bundle of the trained network."""
    target = trained.where / "bundle"
    (done,) = commands(trained.convert("run", target, "--version", "1.2.0"))
    assert (done.code, done.err) == (0, "")
    return target


@pytest.fixture(scope="module")
def compared(trained: Trained, converted: Path) -> dict[str, Done]:
    """Comparisons of that bundle, or of one with a fault, with several float models."""
    sheet = trained.where / "worst.png"
    calls = {
        "itself": trained.parity("run", converted, "--json", "--explain", "--sheet", sheet),
        "table": trained.parity("run", converted, "--explain"),
        "h5": trained.parity("model.h5", converted),
        "shuffled": trained.parity("shuffled.keras", converted),
        "misscaled": trained.parity("misscaled.keras", converted),
        "nan": trained.parity("nan.keras", converted),
        "unbalanced": trained.parity("run", trained.where / "unbalanced"),
    }
    return dict(zip(calls, commands(*calls.values()), strict=True))
