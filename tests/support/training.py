"""Made-up faces and data sets, so that training is tested without any photograph."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge.contract import Label
from edge.types import Box, Image
from tests.support.builders import seed
from training.data.crops import Patch
from training.data.readers import DataLayout, FaceRecord
from training.framework import load_framework

MARKS = np.array([(37, 42), (63, 42), (50, 57), (40, 70), (60, 70)], np.float32)
"""Landmarks of `draw_face` at a side of 100."""


def framework() -> None:
    """Loads the framework and seeds anew: the first test to load it would else draw other numbers."""
    load_framework()
    seed()


def draw_face(label: Label = Label.WITHOUT_MASK, seed: int = 0, side: int = 100) -> Image:
    """A cartoon of a face, BGR, that fills the middle of a square picture."""
    rng = np.random.default_rng(seed)
    image = np.full((100, 100, 3), rng.integers(0, 256, 3), np.uint8)
    skin = tuple(int(v) for v in np.array([120, 150, 190]) + rng.integers(-40, 40))
    cv2.ellipse(image, (50, 55), (30, 40), 0, 0, 360, skin, -1)
    for x, y in MARKS[:2].astype(int):
        cv2.circle(image, (int(x), int(y)), 4, (30, 30, 30), -1)
    cv2.ellipse(image, (50, 70), (10, 4), 0, 0, 360, (60, 60, 180), -1)
    cv2.line(image, (50, 46), (50, 58), (90, 110, 140), 2)
    top = {Label.WITH_MASK: 50, Label.MASK_WORN_INCORRECTLY: 64}.get(label)
    if top:
        cv2.rectangle(image, (22, top), (78, 92), (230, 200, 120), -1)
    image = np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
    return cv2.resize(image, (side, side), interpolation=cv2.INTER_LINEAR)


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


def voc(objects: str, filename: str = "a.png") -> str:
    """A VOC annotation."""
    return f"<annotation><filename>{filename}</filename>{objects}</annotation>"


def voc_object(name: str, *corners: float) -> str:
    """One object of a VOC annotation: xmin, ymin, xmax, ymax."""
    keys = ("xmin", "ymin", "xmax", "ymax")
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in zip(keys, corners, strict=True))
    return f"<object><name>{name}</name><bndbox>{inner}</bndbox></object>"


def write_frames(root: Path, count: int, first: int = 0) -> Path:
    """A VOC folder with `count` frames, each with one face of each class; `first` makes other faces."""
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    names = ("with_mask", "without_mask", "mask_weared_incorrect")
    for frame in range(count):
        faces = [draw_face(label, seed=first + 10 * frame + place) for place, label in enumerate(Label)]
        cv2.imwrite(str(root / "images" / f"{frame}.png"), np.hstack(faces))
        objects = "".join(
            voc_object(name, 100 * place + 20, 12, 100 * place + 80, 96) for place, name in enumerate(names)
        )
        (root / "annotations" / f"{frame}.xml").write_text(voc(objects, f"{frame}.png"))
    return root
