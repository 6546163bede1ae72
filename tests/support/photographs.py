"""Pictures that are far from each other, as files."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from tests.support.training import record
from training.data.readers import FaceRecord


def photograph(seed: int) -> np.ndarray:
    """A picture with structure of its own, so that its hash is far from that of others."""
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return cv2.resize(coarse, (90, 90), interpolation=cv2.INTER_CUBIC)


def written(folder: Path, **pictures: np.ndarray) -> list[FaceRecord]:
    records = []
    for name, pixels in pictures.items():
        cv2.imwrite(str(folder / f"{name}.png"), pixels)
        records.append(record(0, image=str(folder / f"{name}.png")))
    return records
