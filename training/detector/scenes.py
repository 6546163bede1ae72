"""Pictures with every face in them, as the detector is trained on: boxes, landmarks, and what not to score.

Annotated frames bring their own boxes; a teacher (any detector of the same output contract) adds
landmarks and names further faces. A further face in an annotated frame is neither rewarded nor
punished, because nobody said whether it counts; elsewhere the teacher's word is taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.config import DetectorConfig
from edge.contract import Label, cut, square_around
from edge.system.image_files import check_header
from edge.system.video_files import open_video
from edge.types import Box, Face, Frame, Image
from edge.vision.detector import YuNetDetector
from training.augmentation.masks import INCORRECT_WEARS, Random, Wear, draw_mask
from training.data.crops import Patch
from training.data.readers import DataLayout, FaceFinder, FaceRecord, landmarks_in, listed_image

LONGEST = 480
"""Larger pictures are brought down to this long side; a view never shows them larger."""
SURE = 0.7
"""Score from which the teacher's word on an unannotated face is taken."""
SAME = 0.4
"""Overlap from which two boxes mean the same face."""
DRAWN_MIN_PX = 20
"""Masks on smaller faces are blobs."""

Numbers = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """A picture and its faces.

    Attributes:
        pixels: (height, width, 3) BGR.
        boxes: (n, 4) left, top, width, height.
        marks: (n, 5, 2) landmarks, NaN where none are known.
        counts: (n,) whether a face is to be found; others are ignored.
        without_mask: (n,) whether a mask can be drawn on it.
    """

    pixels: Image
    boxes: Numbers
    marks: Numbers
    counts: NDArray[np.bool_]
    without_mask: NDArray[np.bool_]

    def scaled(self, scale: float) -> Scene:
        """The same scene in another size."""
        height, width = self.pixels.shape[:2]
        size = max(1, round(width * scale)), max(1, round(height * scale))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
        pixels = np.asarray(cv2.resize(self.pixels, size, interpolation=way), np.uint8)
        ratio = np.array([size[0] / width, size[1] / height], np.float32)
        return replace(self, pixels=pixels, boxes=self.boxes * np.tile(ratio, 2), marks=self.marks * ratio)

    def mirrored(self) -> Scene:
        """The scene as in a mirror; left and right landmarks change places."""
        width = self.pixels.shape[1]
        boxes, marks = self.boxes.copy(), self.marks[:, [1, 0, 2, 4, 3]].copy()
        boxes[:, 0] = width - boxes[:, 0] - boxes[:, 2]
        marks[..., 0] = width - marks[..., 0]
        return replace(self, pixels=np.ascontiguousarray(self.pixels[:, ::-1]), boxes=boxes, marks=marks)


def scene_of(pixels: Image, faces: Sequence[tuple[Box, Sequence[tuple[float, float]], bool, bool]]) -> Scene:
    """Builds a scene from (box, landmarks or nothing, counts, bare) of every face."""
    boxes = np.array([(box.x, box.y, box.w, box.h) for box, *_ in faces], np.float32).reshape(-1, 4)
    marks = np.full((len(faces), 5, 2), np.nan, np.float32)
    for row, (_, points, *_) in zip(marks, faces, strict=True):
        row[: len(points)] = np.asarray(points, np.float32).reshape(-1, 2)
    flags = np.array([face[2:] for face in faces], bool).reshape(-1, 2)
    return Scene(pixels, boxes, marks, flags[:, 0], flags[:, 1])


def teacher(model: Path) -> FaceFinder:
    """Finds faces from about six pixels on, in the picture at a long side of 640.

    Raises:
        ModelError: The model cannot be opened.
    """
    detector = YuNetDetector(model, DetectorConfig(long_side=640, score_threshold=SURE, min_face_px=4))

    def find(pixels: Image) -> tuple[Face, ...]:
        scale = 640 / max(pixels.shape[:2])
        # The detector only brings pictures down; small ones are enlarged here.
        large = np.asarray(cv2.resize(pixels, None, fx=scale, fy=scale), np.uint8) if scale > 1 else pixels
        found = detector.detect(Frame(0, large, 0.0, 0.0))
        return tuple(_smaller(face, scale) for face in found) if scale > 1 else found

    return find


def _smaller(face: Face, scale: float) -> Face:
    box = Box(face.box.x / scale, face.box.y / scale, face.box.w / scale, face.box.h / scale)
    return Face(box, face.score, tuple((x / scale, y / scale) for x, y in face.landmarks))


def read_scenes(records: Iterable[FaceRecord], find: FaceFinder, close: FaceFinder) -> Iterator[Scene]:
    """The scenes of labelled faces, one for each image.

    Args:
        records: Faces of one part of a split.
        find: The teacher, for whole pictures.
        close: A finder for enlarged cut-outs of single faces, which gives landmarks.

    Raises:
        SourceError: A picture cannot be read.
    """
    by_image: dict[Path, list[FaceRecord]] = defaultdict(list)
    for record in records:
        by_image[record.image].append(record)
    for image, members in by_image.items():
        yield _shrunk(_labelled(listed_image(image), members, find, close))


def _labelled(pixels: Image, members: Sequence[FaceRecord], find: FaceFinder, close: FaceFinder) -> Scene:
    faces: list[tuple[Box, Sequence[tuple[float, float]], bool, bool]] = []
    for record in members:
        marks = record.landmarks
        if not marks and record.layout is DataLayout.FRAME and record.box.side >= 10:
            marks = landmarks_in(pixels, record.box, close)
        without_mask = (
            record.label is Label.WITHOUT_MASK and len(marks) == 5 and record.box.side >= DRAWN_MIN_PX
        )
        # A whole-image box says that the teacher saw nothing here: too loose to learn a place from.
        faces.append((record.box, marks, record.layout is DataLayout.FRAME or bool(marks), without_mask))
    annotated = members[0].layout is DataLayout.FRAME
    faces += [
        (face.box, face.landmarks, not annotated, False)
        for face in find(pixels)
        if not any(face.box.iou(record.box) > SAME for record in members)
    ]
    return scene_of(pixels, faces)


def _shrunk(scene: Scene) -> Scene:
    scale = LONGEST / max(scene.pixels.shape[:2])
    return scene.scaled(scale) if scale < 1 else scene


def clip_scenes(file: Path, find: FaceFinder, every: int = 3) -> Iterator[Scene]:
    """Scenes of a recording, labelled by the teacher alone."""
    check_header(file)
    capture = open_video(file)
    number = 0
    while True:
        there, pixels = capture.read()
        if not there:
            break
        if number % every == 0:
            image = np.asarray(pixels, np.uint8)
            yield _shrunk(scene_of(image, [(face.box, face.landmarks, True, True) for face in find(image)]))
        number += 1
    capture.release()


def with_masks(scene: Scene, rng: Random) -> Scene:
    """The scene with masks drawn on faces without one, worn well or incorrectly; boxes and landmarks stay."""
    pixels = scene.pixels.copy()
    for box, marks in zip(scene.boxes[scene.without_mask], scene.marks[scene.without_mask], strict=True):
        wear = Wear.WELL if rng.random() < 0.7 else INCORRECT_WEARS[rng.integers(len(INCORRECT_WEARS))]
        _draw(pixels, Box(*box.tolist()), marks, wear, rng)
    return replace(scene, pixels=pixels, without_mask=np.zeros_like(scene.without_mask))


def _draw(pixels: Image, box: Box, marks: Numbers, wear: Wear, rng: Random) -> None:
    left, top, side = square_around(box, 0.35)
    rgb = np.asarray(cv2.cvtColor(cut(pixels, left, top, side), cv2.COLOR_BGR2RGB), np.uint8)
    inner = round(side * 0.15)
    patch = Patch(rgb, (inner, inner, side - 2 * inner), marks - np.array([left, top], np.float32))
    drawn = cv2.cvtColor(draw_mask(patch, wear, None, rng).pixels, cv2.COLOR_RGB2BGR)
    height, width = pixels.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, width), min(top + side, height)
    pixels[y0:y1, x0:x1] = drawn[y0 - top : y1 - top, x0 - left : x1 - left]
