"""Runs and stores float models."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from training.metrics import Shares


def predict(model: keras.Model, pixels: NDArray[np.uint8]) -> Shares:
    """Probabilities (n, classes) of crops (n, size, size, 3)."""
    parts = [
        np.asarray(model(pixels[start : start + 64].astype(np.float32), training=False))
        for start in range(0, len(pixels), 64)
    ]
    return np.concatenate(parts).astype(np.float64)


def save(model: keras.Model, file: Path) -> None:
    """Writes a model in one piece, so that a kill or a full disk leaves no half file."""
    partial = file.with_name(f"partial-{file.name}")
    model.save(partial)
    partial.replace(file)
