"""Recipes that train within seconds, and what tests of training share."""

from __future__ import annotations

import io
import subprocess
import zipfile
from pathlib import Path

import h5py
import numpy as np

from tests.support import forked

TINY = """
name = "tiny"
threads = 1
[network]
name = "small_cnn"
alpha = 0.25
input_size = 96
dense_units = 8
weights = "none"
dropout = 0.3
[mixture]
faces_per_epoch = 24
batch = 8
[schedule]
head_epochs = 1
epochs = 2
average = 0.9
settling_batches = 2
frozen_until = ""
[finish]
epochs = 2
"""
"""All phases, two epochs each where it matters, and everything that has a state: dropout, batch
normalisation, averaged weights, a schedule."""


def run(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Runs a program of this project to its end."""
    return forked.run(forked.program(module), *arguments)


def recipe(folder: Path, *changes: tuple[str, str]) -> Path:
    """The tiny recipe as a file, with some lines replaced."""
    text = TINY
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    file = folder / "tiny.toml"
    file.write_text(text)
    return file


def weights(model: Path) -> dict[str, bytes]:
    """The weights in a `.keras` file by name, without those of the optimiser."""
    found: dict[str, bytes] = {}
    with zipfile.ZipFile(model) as archive:
        stored = h5py.File(io.BytesIO(archive.read("model.weights.h5")))
        stored.visititems(
            lambda name, item: (
                found.update({name: np.asarray(item).tobytes()})
                if isinstance(item, h5py.Dataset) and not name.startswith("optimizer")
                else None
            )
        )
    return found
