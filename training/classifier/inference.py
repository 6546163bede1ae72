"""Runs and stores float models."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from edge.system import files
from training.metrics import Shares


def predict(model: keras.Model, pixels: NDArray[np.uint8]) -> Shares:
    """Probabilities (n, classes) of crops (n, size, size, 3)."""
    parts = [
        np.asarray(model(pixels[start : start + 64].astype(np.float32), training=False))
        for start in range(0, len(pixels), 64)
    ]
    return np.concatenate(parts).astype(np.float64)


class _Memory(io.BytesIO):
    """A file in memory that Keras takes, which goes by the ending of a name."""

    def __str__(self) -> str:
        return "memory.keras"


def save(model: keras.Model, file: Path) -> None:
    """Writes a model in one piece; it is made in memory, where no disk can be full halfway.

    Raises:
        StorageError: It cannot be written; what stood there is untouched.
    """
    made = _Memory()
    model.save(made)
    files.write_atomic(file, made.getvalue())
