"""Frames to choose a detector on."""

from __future__ import annotations

from pathlib import Path

import cv2

from edge.contract import Label
from edge.types import Box
from tests.support.training import draw_face
from training.data.readers import DataLayout, FaceRecord
from training.detector.metrics import Truth


def frames(folder: Path) -> list[Truth]:
    made = []
    for number in range(3):
        image = folder / f"{number}.png"
        cv2.imwrite(str(image), draw_face(seed=number))
        face = FaceRecord(f"frame/{number}#0", image, Box(20, 15, 60, 80), Label.WITH_MASK, DataLayout.FRAME)
        made.append(Truth(image, (face,)))
    return made
