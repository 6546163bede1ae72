"""Makes training pictures out of scenes: views, mosaics, close-ups, pairs, nothing at all.

The mosaic is that of Bochkovskiy et al., "YOLOv4", 2020. Faces come out between about 8 px and the
whole picture, so that those a device meets, at a long side of 320 px, are well inside.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.types import Image
from training.augmentation.augment import backlight, colour_temperature, contrast, exposure, grey, noise
from training.augmentation.masks import Random
from training.detector.backgrounds import background, crowded_background, view_of, without_faces
from training.detector.scenes import Numbers, Scene

MOST = 48
"""Faces of one training picture; of more, the largest are kept."""
LEAST_PX = 7.0
"""Smaller faces are ignored."""
VISIBLE = 0.5
"""Share of a cut face's box from which on it is to be found."""
MIXTURE = (0.42, 0.26, 0.11, 0.06, 0.15)
"""Shares of views of a frame, mosaics, close-ups, pairs side by side, and pictures without a face."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A training picture (size, size, 3) BGR and its faces, as in `Scene`."""

    pixels: Image
    boxes: Numbers
    marks: Numbers
    counts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class SceneDataset:
    """What pictures are made of: annotated frames, pictures of mostly one person, photographs of nobody."""

    frames: tuple[Scene, ...]
    people: tuple[Scene, ...]
    empty: tuple[Image, ...] = ()


class _Canvas:
    """A picture in the making."""

    def __init__(self, background: Image, rng: Random) -> None:
        self.pixels = background
        self._rng = rng
        self._boxes: list[Numbers] = []
        self._marks: list[Numbers] = []
        self._counts: list[NDArray[np.bool_]] = []

    def put(self, scene: Scene, scale: float, tile: tuple[int, int, int, int], aim: int | None) -> None:
        """Shows part of a scene on a tile (left, top, right, bottom), about the face that `aim` names."""
        if self._rng.random() < 0.5:
            scene = scene.mirrored()
        scene = scene.scaled(scale)
        left, top = self._corner(scene, tile, aim)
        height, width = scene.pixels.shape[:2]
        x0, y0 = max(tile[0], left), max(tile[1], top)
        x1, y1 = min(tile[2], left + width), min(tile[3], top + height)
        if x1 - x0 < 2 or y1 - y0 < 2:
            return
        self.pixels[y0:y1, x0:x1] = scene.pixels[y0 - top : y1 - top, x0 - left : x1 - left]
        self._keep(scene, np.array([left, top], np.float32), np.array([x0, y0, x1, y1], np.float32))

    def _corner(self, scene: Scene, tile: tuple[int, int, int, int], aim: int | None) -> tuple[int, int]:
        height, width = scene.pixels.shape[:2]
        room_x, room_y = tile[2] - tile[0] - width, tile[3] - tile[1] - height
        if aim is None:
            x, y = (self._rng.uniform(min(0, room), max(0, room)) for room in (room_x, room_y))
            return round(tile[0] + x), round(tile[1] + y)
        box = scene.boxes[aim]
        spot = self._rng.uniform(0.3, 0.7, 2) * (tile[2] - tile[0], tile[3] - tile[1]) + tile[:2]
        left, top = spot - (box[0] + box[2] / 2, box[1] + box[3] / 2)
        if self._rng.random() < 0.7:  # no border that a camera would not show
            left = np.clip(left, *sorted((tile[0], tile[0] + room_x)))
            top = np.clip(top, *sorted((tile[1], tile[1] + room_y)))
        return round(float(left)), round(float(top))

    def _keep(self, scene: Scene, shift: Numbers, shown: Numbers) -> None:
        """Takes over the faces that can be seen; of cut ones the visible part."""
        corners = np.concatenate(
            [scene.boxes[:, :2] + shift, scene.boxes[:, :2] + scene.boxes[:, 2:] + shift], 1
        )
        seen = np.concatenate(
            [np.maximum(corners[:, :2], shown[:2]), np.minimum(corners[:, 2:], shown[2:])], 1
        )
        size = np.maximum(seen[:, 2:] - seen[:, :2], 0)
        share = size.prod(1) / np.maximum(scene.boxes[:, 2:].prod(1), 1e-6)
        there = (size > 1).all(1)
        # A face that is cut too far or too small is ignored, neither rewarded nor punished.
        fine = scene.counts & (share >= VISIBLE) & (size.min(1) >= LEAST_PX)
        self._boxes.append(np.concatenate([seen[:, :2], size], 1)[there])
        self._marks.append((scene.marks + shift)[there])
        self._counts.append(fine[there])

    def finish(self) -> Example:
        """The picture, seen through a camera."""
        boxes = np.concatenate([np.zeros((0, 4), np.float32), *self._boxes])
        marks = np.concatenate([np.zeros((0, 5, 2), np.float32), *self._marks])
        counts = np.concatenate([np.zeros(0, bool), *self._counts])
        # Faces to be found come before ignored ones, because `batches.padded` drops what is beyond `MOST`.
        order = np.argsort(-boxes[:, 2:].min(1) - 1e6 * counts, kind="stable")
        return Example(_camera(self.pixels, self._rng), boxes[order], marks[order], counts[order])


def compose(dataset: SceneDataset, size: int, rng: Random) -> Example:
    """One training picture (size, size, 3)."""
    canvas = _Canvas(background(size, rng, dataset.empty), rng)
    kind = int(rng.choice(len(MIXTURE), p=MIXTURE))
    (_view, _mosaic, _close, _pair, _nothing)[kind](canvas, dataset, size, rng)
    return canvas.finish()


def _log_uniform(rng: Random, low: float, high: float) -> float:
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _any(scenes: Sequence[Scene], rng: Random) -> Scene:
    return scenes[int(rng.integers(len(scenes)))]


def _face(scene: Scene, rng: Random) -> int | None:
    there = np.flatnonzero(scene.counts)
    return int(rng.choice(there)) if len(there) else None


def _view(canvas: _Canvas, dataset: SceneDataset, size: int, rng: Random) -> None:
    scene = _any(dataset.frames, rng)
    long = max(scene.pixels.shape[:2])
    canvas.put(scene, _log_uniform(rng, 0.7, 2.4) * size / long, (0, 0, size, size), _face(scene, rng))


def _sized(scene: Scene, side: float, rng: Random) -> tuple[float, int | None]:
    """The scale at which one of the faces has the given smaller side, and which face it is."""
    aim = _face(scene, rng)
    if aim is None:
        return 1.0, None
    return float(np.clip(side / scene.boxes[aim, 2:].min(), 0.05, 5.0)), aim


def _mosaic(canvas: _Canvas, dataset: SceneDataset, size: int, rng: Random) -> None:
    x, y = (int(size * share) for share in rng.uniform(0.3, 0.7, 2))
    for tile in ((0, 0, x, y), (x, 0, size, y), (0, y, x, size), (x, y, size, size)):
        if rng.random() < 0.1:
            continue
        scene = _any(dataset.frames if rng.random() < 0.65 else dataset.people, rng)
        short = min(tile[2] - tile[0], tile[3] - tile[1])
        scale, aim = _sized(scene, _log_uniform(rng, 12, max(16.0, 0.9 * short)), rng)
        canvas.put(scene, scale, tile, aim)


def _close(canvas: _Canvas, dataset: SceneDataset, size: int, rng: Random) -> None:
    scene = _any(dataset.people, rng)
    scale, aim = _sized(scene, size * float(rng.uniform(0.3, 1.0)), rng)
    canvas.put(scene, scale, (0, 0, size, size), aim)


def _pair(canvas: _Canvas, dataset: SceneDataset, size: int, rng: Random) -> None:
    middle = int(size * rng.uniform(0.4, 0.6))
    for tile in ((0, 0, middle, size), (middle, 0, size, size)):
        scene = _any(dataset.people, rng)
        scale, aim = _sized(scene, (tile[2] - tile[0]) * float(rng.uniform(0.35, 0.95)), rng)
        canvas.put(scene, scale, tile, aim)


def _nothing(canvas: _Canvas, dataset: SceneDataset, size: int, rng: Random) -> None:
    """No face at all: a crowd of things, a photograph of nobody, or a scene whose faces were taken apart."""
    kind = rng.random()
    if kind < 0.3:
        canvas.pixels = crowded_background(size, rng, dataset.empty)
    elif kind < 0.6 and dataset.empty:
        canvas.pixels = view_of(dataset.empty[int(rng.integers(len(dataset.empty)))], size, rng)
    else:
        scene = _any(dataset.frames if rng.random() < 0.7 else dataset.people, rng)
        scale = _log_uniform(rng, 0.8, 5) * size / max(scene.pixels.shape[:2])
        canvas.put(without_faces(scene, rng), scale, (0, 0, size, size), None)


def _camera(pixels: Image, rng: Random) -> Image:
    """Light, blur, noise and encoding of a camera, on the whole picture."""
    if rng.random() < 0.5:
        for step in (exposure, colour_temperature, backlight, contrast):
            if rng.random() < 0.35:
                pixels = step(pixels, rng)
    if rng.random() < 0.06:
        pixels = grey(pixels, rng)
    if rng.random() < 0.2:
        pixels = _blurred(pixels, rng)
    if rng.random() < 0.2:
        pixels = noise(pixels, rng)
    if rng.random() < 0.25:
        _, raw = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(30, 90))])
        pixels = np.asarray(cv2.imdecode(raw, cv2.IMREAD_COLOR), np.uint8)
    return pixels


def _blurred(pixels: Image, rng: Random) -> Image:
    """Out of focus, or smeared by a few pixels along a direction."""
    if rng.random() < 0.5:
        return np.asarray(cv2.GaussianBlur(pixels, (0, 0), float(rng.uniform(0.4, 1.8))), np.uint8)
    length = int(rng.integers(3, 9))
    kernel = np.zeros((length, length), np.float32)
    kernel[length // 2] = 1
    centre = ((length - 1) / 2, (length - 1) / 2)
    matrix = cv2.getRotationMatrix2D(centre, rng.uniform(0, 180), 1)
    turned = cv2.warpAffine(kernel, matrix, (length, length)).astype(np.float32)
    return np.asarray(cv2.filter2D(pixels, -1, turned / max(float(turned.sum()), 1e-6)), np.uint8)
