"""Small self-made scenes and networks."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from edge.contract import Label
from edge.types import Box, Image
from training.data.readers import DataLayout, FaceRecord
from training.detector.composition import SceneDataset
from training.detector.metrics import Matches
from training.detector.network import Design, Weights, random_weights
from training.detector.scenes import Scene

SMALL = Design(stem=4, fine=(4, 8), body=(8, 8, 8), refine=(1, 0, 0))


def lively_weights(design: Design = SMALL, seed: int = 3) -> tuple[Weights, ...]:
    """Random weights of which every layer matters, for pictures of 0 to 255."""
    rng = np.random.default_rng(seed)
    weights = [
        value + rng.normal(0, 0.1, value.shape).astype(np.float32) for value in random_weights(design, seed)
    ]
    weights[0] = weights[0] / np.float32(128)
    return tuple(weights)


def picture(width: int, height: int, seed: int = 0) -> Image:
    """Coarse coloured noise."""
    coarse = np.random.default_rng(seed).integers(0, 256, (9, 9, 3), dtype=np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def scene(sides: tuple[int, ...] = (40, 24), size: int = 160, seed: int = 0) -> Scene:
    """A dark picture with bright ellipses for faces, side by side."""
    pixels = np.full((size, size, 3), 40, np.uint8)
    rng = np.random.default_rng(seed)
    boxes, marks, left = [], [], 8
    for side in sides:
        top = int(rng.integers(8, size - side - 8))
        centre = (left + side // 2, top + side // 2)
        cv2.ellipse(pixels, centre, (side // 2, side // 2), 0, 0, 360, (150, 180, 220), -1)
        boxes.append((left, top, side, side))
        spots = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.75), (0.65, 0.75)]) * side
        marks.append(spots + np.array([left, top]))
        for x, y in marks[-1]:
            cv2.circle(pixels, (int(x), int(y)), max(1, side // 14), (30, 30, 30), -1)
        left += side + 8
    many = len(sides)
    return Scene(
        pixels,
        np.array(boxes, np.float32).reshape(many, 4),
        np.array(marks, np.float32).reshape(many, 5, 2),
        np.ones(many, bool),
        np.ones(many, bool),
    )


def stock() -> SceneDataset:
    """A few frames and people."""
    frames = tuple(scene((40, 24), seed=number) for number in range(4))
    return SceneDataset(frames, tuple(scene((90,), seed=number) for number in range(4)))


def face(x: float, side: float = 40, label: Label = Label.WITH_MASK) -> FaceRecord:
    return FaceRecord(f"frame/a.png#{x}", Path("a.png"), Box(x, 0, side, side), label, DataLayout.FRAME)


def matches(scores: list[float], unmatched: list[float], frames: int = 4) -> Matches:
    faces = tuple(face(100 * number) for number in range(len(scores)))
    return Matches(frames, faces, np.array(scores), np.array(unmatched))
