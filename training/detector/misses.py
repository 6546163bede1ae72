"""A contact sheet of the faces a detector misses, for the eyes of whoever trains it; it shows people."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge.contract import face_crop
from edge.types import Image
from training.data import FaceRecord, open_image
from training.detector.measure import Matches

TILE, COLUMNS, CAPTION = 96, 10, 14


def sheet(
    found: Matches, threshold: float, keep: Callable[[FaceRecord], bool], most: int = 100
) -> Image | None:
    """Crops of missed faces, the largest first, with class and size; None where none is missed."""
    missed = [
        face
        for face, score in zip(found.faces, found.scores, strict=True)
        if keep(face) and score < threshold
    ]
    missed.sort(key=lambda face: -face.box.side)
    tiles = [tile for face in missed[:most] if (tile := _tile(face)) is not None]
    if not tiles:
        return None
    blank = np.full_like(tiles[0], 255)
    tiles += [blank] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[start : start + COLUMNS]) for start in range(0, len(tiles), COLUMNS)]
    return np.vstack(rows)


def _tile(face: FaceRecord) -> Image | None:
    pixels = open_image(face.image)
    if pixels is None:
        return None
    crop = np.asarray(cv2.cvtColor(face_crop(pixels, face.box, TILE), cv2.COLOR_RGB2BGR), np.uint8)
    caption = np.full((CAPTION, TILE, 3), 255, np.uint8)
    text = f"{face.box.side:.0f} {face.label.value[:12]}"
    cv2.putText(caption, text, (2, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.32, (0, 0, 0), 1, cv2.LINE_AA)
    return np.vstack([crop, caption])


def write(found: Matches, threshold: float, keep: Callable[[FaceRecord], bool], file: Path) -> bool:
    """Writes the contact sheet as PNG; False where nothing is missed."""
    picture = sheet(found, threshold, keep)
    if picture is None:
        return False
    _, raw = cv2.imencode(".png", picture)
    file.write_bytes(raw.tobytes())
    return True
