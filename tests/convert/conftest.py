"""Fixtures of the conversion's tests."""

from __future__ import annotations

import json
import shutil
from dataclasses import astuple
from pathlib import Path

import pytest

from edge import bundle
from tests.support import forked
from tests.support.builders import made_once
from tests.support.convert import Done, Trained, commands


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """A small network that was trained on drawn faces, and its likenesses with faults."""

    def train(where: Path) -> None:
        code = "import runpy; runpy.run_module('tests.support.networks', run_name='__main__')"
        done = forked.run(code, where)
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


@pytest.fixture(scope="session")
def converted(trained: Trained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle of the trained network."""

    def convert(where: Path) -> None:
        (done,) = commands(trained.convert("run", where / "bundle", "--version", "1.2.0"))
        assert (done.code, done.err) == (0, "")

    return made_once(tmp_path_factory, "converted", convert) / "bundle"


@pytest.fixture(scope="session")
def compared(trained: Trained, converted: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Done]:
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

    def compare(where: Path) -> None:
        told = [astuple(done) for done in commands(*calls.values())]
        (where / "told.json").write_text(json.dumps(told))

    told = json.loads((made_once(tmp_path_factory, "compared", compare) / "told.json").read_text())
    return {name: Done(*one) for name, one in zip(calls, told, strict=True)}
