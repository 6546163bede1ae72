"""How well a detector finds annotated faces: recall, unmatched boxes, average precision.

A found box and an annotated face match from an overlap of `OVERLAP`, best scores first, each
face at most once. Boxes that match an annotated face of any size are never counted as unmatched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.contract import LABELS, Label
from edge.system.native_path import native_path
from edge.types import Box, Image
from training.data.manifest import SplitFace, SplitPart
from training.data.readers import DataLayout, FaceRecord, listed_image

OVERLAP = 0.4
LOWEST = 0.02
"""Score down to which boxes are collected."""
NMS = 0.3
SIZES = ((0.0, 20.0), (20.0, 40.0), (40.0, float("inf")))
"""Bins of the smaller side of the annotated box, in pixels of the original picture."""


@dataclass(frozen=True, slots=True)
class Truth:
    """One picture and its annotated faces."""

    image: Path
    faces: tuple[FaceRecord, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """One box that a detector gives, in pixels of the original picture."""

    box: Box
    score: float


Finder = Callable[[Image], Sequence[Found]]


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """What a detector found on a set of pictures.

    Attributes:
        frames: How many pictures.
        faces: Every annotated face.
        scores: (faces,) score of the box that matched it; 0 where none did.
        unmatched: Scores of the boxes that matched no face.
    """

    frames: int
    faces: tuple[FaceRecord, ...]
    scores: NDArray[np.float64]
    unmatched: NDArray[np.float64]

    @classmethod
    def pooled(cls, parts: Sequence[Matches]) -> Matches:
        """What was found on several sets of pictures, put together."""
        return cls(
            sum(part.frames for part in parts),
            tuple(face for part in parts for face in part.faces),
            np.concatenate([part.scores for part in parts]),
            np.concatenate([part.unmatched for part in parts]),
        )

    def recall(self, threshold: float, keep: Callable[[FaceRecord], bool] = lambda _: True) -> float:
        """Share of the faces that are found at a threshold, of those kept; NaN where there is none."""
        kept = [score >= threshold for face, score in zip(self.faces, self.scores, strict=True) if keep(face)]
        return float(np.mean(kept)) if kept else float("nan")

    def unmatched_per_frame(self, threshold: float) -> float:
        """Boxes a picture that match no annotated face."""
        return float((self.unmatched >= threshold).sum() / max(self.frames, 1))

    def average_precision(self, least_px: float = 0.0) -> float:
        """Area under precision over recall, all points, of faces from a size on; smaller ones do not count.

        Source: Everingham et al., "The Pascal VOC Challenge: A Retrospective", IJCV 2015.
        """
        big = np.array([face.box.side >= least_px for face in self.faces], bool)
        if not big.any():
            return float("nan")
        hits = self.scores[big & (self.scores > 0)]
        scores = np.concatenate([hits, self.unmatched])
        right = np.concatenate([np.ones(len(hits)), np.zeros(len(self.unmatched))])[
            np.argsort(-scores, kind="stable")
        ]
        precision = np.cumsum(right) / np.arange(1, len(right) + 1)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        return float((envelope * right).sum() / big.sum())

    def threshold_for(self, unmatched_per_frame: float) -> float:
        """The lowest threshold at which no more boxes a picture are unmatched than given."""
        ranked = np.sort(self.unmatched)[::-1]
        # The rate may be a count divided by the frames; rounding must not cost one box of it.
        allowed = int(unmatched_per_frame * self.frames + 1e-9)
        # Just above the first box that is too many; towards 2, because its score may be 1.
        return float(np.nextafter(ranked[allowed], 2)) if allowed < len(ranked) else LOWEST


def at_least(
    px: float, label: Label | None = None, below: float = float("inf")
) -> Callable[[FaceRecord], bool]:
    """Which faces to keep: by the smaller side and, where given, the class."""
    return lambda face: px <= face.box.side < below and label in (None, face.label)


def truths(faces: Iterable[SplitFace], part: SplitPart) -> tuple[Truth, ...]:
    """The annotated frames of one part of a split; class folders have no complete annotation."""
    by_image: dict[Path, list[FaceRecord]] = defaultdict(list)
    for face in faces:
        if face.part is part and face.record.layout is DataLayout.FRAME:
            by_image[face.record.image].append(face.record)
    return tuple(Truth(image, tuple(members)) for image, members in sorted(by_image.items()))


def by_source(pictures: Iterable[Truth]) -> dict[str, tuple[Truth, ...]]:
    """Pictures by their data set, in the order of names; each has at least one face."""
    found: dict[str, list[Truth]] = defaultdict(list)
    for picture in pictures:
        found[picture.faces[0].source].append(picture)
    return {name: tuple(found[name]) for name in sorted(found)}


def finder(model: Path, long_side: int) -> Finder:
    """A detector as OpenCV runs it, on pictures brought down to a long side (0 leaves them as they are)."""
    with native_path(model) as name:
        # The size is set anew for every picture.
        network = cv2.FaceDetectorYN.create(name, "", (96, 96), LOWEST, NMS, 2000)

    def find(pixels: Image) -> tuple[Found, ...]:
        height, width = pixels.shape[:2]
        scale = min(1.0, long_side / max(height, width)) if long_side else 1.0
        size = max(1, round(width * scale)), max(1, round(height * scale))
        view = pixels if scale == 1 else cv2.resize(pixels, size, interpolation=cv2.INTER_LINEAR_EXACT)
        network.setInputSize(size)
        _, rows = network.detect(view)
        sx, sy = width / size[0], height / size[1]
        return tuple(
            Found(
                Box(float(x) * sx, float(y) * sy, max(float(w) * sx, 1.0), max(float(h) * sy, 1.0)),
                float(score),
            )
            for x, y, w, h, score in (() if rows is None else rows[:, [0, 1, 2, 3, 14]])
            if np.isfinite((x, y, w, h, score)).all()
        )

    return find


def match(found: Sequence[Found], faces: Sequence[FaceRecord]) -> tuple[NDArray[np.float64], list[float]]:
    """Matches the boxes of one picture: each face's score, and the scores of unmatched boxes."""
    scores = np.zeros(len(faces))
    unmatched = []
    for one in sorted(found, key=lambda each: -each.score):
        overlaps = [one.box.iou(face.box) if not scores[i] else 0.0 for i, face in enumerate(faces)]
        best = int(np.argmax(overlaps)) if overlaps else -1
        if best >= 0 and overlaps[best] >= OVERLAP:
            scores[best] = one.score
        else:
            unmatched.append(one.score)
    return scores, unmatched


def measure(find: Finder, pictures: Sequence[Truth]) -> Matches:
    """Runs a detector over pictures.

    Raises:
        SourceError: One cannot be read.
    """
    faces: list[FaceRecord] = []
    scores, unmatched, frames = [np.zeros(0)], [], 0
    for picture in pictures:
        got, rest = match(find(listed_image(picture.image)), picture.faces)
        frames += 1
        faces += picture.faces
        scores.append(got)
        unmatched += rest
    return Matches(frames, tuple(faces), np.concatenate(scores), np.array(unmatched))


def slices() -> tuple[tuple[str, Callable[[FaceRecord], bool]], ...]:
    """Which faces the report separates: by size, and by class from 20 px on and from 20 to 40 px."""
    sizes = [
        (f"{low:.0f} px and more" if high == float("inf") else f"{low:.0f} to {high:.0f} px", keep)
        for low, high in SIZES
        for keep in [at_least(low, None, high)]
    ]
    classes = [(f"{label.value}, 20 px and more", at_least(20, label)) for label in LABELS]
    small = [(f"{label.value}, 20 to 40 px", at_least(20, label, 40)) for label in LABELS]
    return (("20 px and more", at_least(20)), *sizes, *classes, *small)
