"""Pictures of scenes, and a detector that finds nobody."""

from __future__ import annotations

from pathlib import Path

import cv2

from edge.contract import Label
from edge.types import Box, Face, Image
from tests.support.training import draw_face
from training.data.readers import DataLayout, FaceRecord


def nobody(_: Image) -> tuple[Face, ...]:
    return ()


def picture(tmp_path: Path, side: int = 100) -> Path:
    file = tmp_path / "face.png"
    cv2.imwrite(str(file), draw_face(side=side))
    return file


def record(
    image: Path, box: Box, source: DataLayout, marks: tuple[tuple[float, float], ...] = ()
) -> FaceRecord:
    return FaceRecord(f"{source}/{image.name}#0", image, box, Label.WITHOUT_MASK, source, marks)
