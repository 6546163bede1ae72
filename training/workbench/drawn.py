"""Drawn faces and data sets of them: what is shown and learnt from where nobody's picture may be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from edge.contract import Label
from edge.types import Image

MARKS = np.array([(37, 42), (63, 42), (50, 57), (40, 70), (60, 70)], np.float32)
"""Landmarks of `draw_face` at a side of 100."""
CORNERS = (20, 12, 80, 96)
"""Left, top, right and bottom of the face in it."""


Draw = Callable[[Label, int, int], Image]
"""Draws the face of a label, a seed and a side in pixels."""


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
    noisy = np.clip(image + rng.normal(0, 6, image.shape), 0, 255).astype(np.uint8)
    return np.asarray(cv2.resize(noisy, (side, side), interpolation=cv2.INTER_LINEAR), np.uint8)


def draw_lit_face(label: Label, seed: int, side: int = 100) -> Image:
    """A face under a light that falls unevenly: without it all drawn faces are near-duplicates."""
    image = draw_face(label, seed, side)
    rng = np.random.default_rng(seed)
    coarse = rng.uniform(0.35, 1.65, (5, 5)).astype(np.float32)
    light = cv2.resize(coarse, (image.shape[1], image.shape[0]), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(image * light[:, :, None], 0, 255), np.uint8)


def voc(objects: str, filename: str = "a.png") -> str:
    """A VOC annotation."""
    return f"<annotation><filename>{filename}</filename>{objects}</annotation>"


def voc_object(name: str, *corners: float) -> str:
    """One object of a VOC annotation: xmin, ymin, xmax, ymax."""
    keys = ("xmin", "ymin", "xmax", "ymax")
    inner = "".join(f"<{key}>{value}</{key}>" for key, value in zip(keys, corners, strict=True))
    return f"<object><name>{name}</name><bndbox>{inner}</bndbox></object>"


def write_frames(root: Path, count: int, first: int = 0, draw: Draw = draw_face) -> Path:
    """A VOC folder with `count` frames, each with one face of each label; `first` makes other faces."""
    (root / "images").mkdir(parents=True)
    (root / "annotations").mkdir()
    left, top, right, bottom = CORNERS
    for frame in range(count):
        faces = [draw(label, first + 10 * frame + place, 100) for place, label in enumerate(Label)]
        write_picture(root / "images" / f"{frame}.png", np.hstack(faces))
        objects = "".join(
            voc_object(label, 100 * place + left, top, 100 * place + right, bottom)
            for place, label in enumerate(Label)
        )
        (root / "annotations" / f"{frame}.xml").write_text(voc(objects, f"{frame}.png"))
    return root


def write_faces(root: Path, count: int, first: int = 0, draw: Draw = draw_face) -> Path:
    """A folder for each label with `count` pictures of a face; `first` makes other faces."""
    for place, label in enumerate(Label):
        (root / label).mkdir(parents=True)
        for number in range(count):
            face = draw(label, first + 10 * number + place, 140)
            write_picture(root / label / f"{number}.png", face)
    return root


def write_picture(file: Path, picture: Image) -> None:
    """Writes a picture, in the format of the file's ending."""
    cv2.imwrite(str(file), picture)
