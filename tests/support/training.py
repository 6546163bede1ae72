"""Made-up faces and data sets, so that training is tested without any photograph."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge.contract import Label
from edge.types import Box
from tests.support.builders import seed
from training.data.crops import Patch
from training.data.readers import DataLayout, FaceRecord
from training.framework import load_framework
from training.workbench.drawn import MARKS, draw_face, voc, voc_object, write_frames

__all__ = ["MARKS", "draw_face", "framework", "patch", "record", "voc", "voc_object", "write_frames"]


def framework() -> None:
    """Loads the framework and seeds anew: the first test to load it would else draw other numbers."""
    load_framework()
    seed()


def patch(seed: int = 0, side: int = 100) -> Patch:
    """A bare face with landmarks, RGB."""
    pixels = cv2.cvtColor(draw_face(seed=seed, side=side), cv2.COLOR_BGR2RGB)
    edge = side // 10
    return Patch(pixels, (edge, edge, side - 2 * edge), MARKS * np.float32(side / 100))


def record(number: int = 0, label: Label = Label.WITH_MASK, image: str = "", px: float = 60.0) -> FaceRecord:
    """A record that names no real file."""
    where = Path(image or f"{number}.png")
    return FaceRecord(
        f"frame/drawn/{where.name}#{number}", where, Box(10, 10, px, px), label, DataLayout.FRAME
    )
