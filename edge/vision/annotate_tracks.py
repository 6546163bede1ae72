"""Drawing what the tracker makes of what the models saw: passes, verdicts, and the entrance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import cv2
import numpy as np

from edge.geometry import Point, Polygon
from edge.tracking.entrance import EntryLine
from edge.types import Box, Direction, Face, Frame, FrameAnalysis, Image, Outcome, SeenFace
from edge.vision.annotate import Colour, draw_box
from edge.vision.anonymise import pixelate

OUTCOME_COLOURS: dict[Outcome, Colour] = {
    Outcome.COMPLIANT: (80, 175, 40),
    Outcome.NO_MASK: (60, 60, 220),
    Outcome.MASK_INCORRECT: (30, 160, 250),
    Outcome.UNSURE: (150, 60, 150),
}
UNDECIDED: Colour = (170, 120, 60)
STILL: Colour = (110, 110, 110)
ENTRANCE: Colour = (230, 200, 40)

HIDDEN_S = 1.5
"""For how long a face that is not found any more is pixelated where it was last: it may still be there."""

HIDDEN_GROWTH = 1.6
"""So many times as large, since it may have moved."""


@dataclass(frozen=True, slots=True)
class _Last:
    box: Box
    monotonic: float


class TrackAnnotator:
    """Draws the frames of one recording."""

    def __init__(self, area: Polygon = (), line: EntryLine | None = None) -> None:
        """The area in which faces count and the entry line, in shares of the picture."""
        self._area = area
        self._line = line
        self._missed = MissedFaces()

    def draw(self, frame: Frame, analysis: FrameAnalysis, faces: tuple[SeenFace, ...]) -> Image:
        """A copy of a frame with all faces pixelated, and the tracked ones boxed with pass and verdict.

        Args:
            frame: The frame.
            analysis: What was found in it.
            faces: The tracked ones.
        """
        canvas = frame.pixels.copy()
        for face in analysis.faces:
            pixelate(canvas, face)
        for box in self._missed.boxes(faces, frame.monotonic):
            pixelate(canvas, Face(box, 0.0))
        # After all faces are pixelated: lines and words may reach into the next face.
        draw_entrance(canvas, self._area, self._line)
        for seen in faces:
            draw_box(canvas, seen.face.box, _words(seen), _colour(seen))
        return canvas


class MissedFaces:
    """Remembers where the followed faces were last."""

    def __init__(self) -> None:
        self._last: dict[int, _Last] = {}

    def boxes(self, faces: Iterable[SeenFace], now: float) -> list[Box]:
        """Where faces were a moment ago that were not found in this frame.

        Args:
            faces: Those that were found.
            now: The time of the frame.
        """
        found = {seen.face.track: _Last(seen.face.box, now) for seen in faces}
        self._last = {
            track: last for track, last in (self._last | found).items() if now - last.monotonic <= HIDDEN_S
        }
        return [grown(last.box, HIDDEN_GROWTH) for track, last in self._last.items() if track not in found]


def draw_entrance(canvas: Image, area: Polygon, line: EntryLine | None) -> None:
    """Draws the area in which faces count and the entry line with its way in, in place."""
    height, width = canvas.shape[:2]
    thickness = max(1, round(min(width, height) / 300))
    if area:
        corners = np.array([_pixel((x * width, y * height)) for x, y in area], np.int32)
        cv2.polylines(canvas, [corners], True, ENTRANCE, thickness, cv2.LINE_AA)
    if line is not None:
        scaled = line.scaled(width, height)
        cv2.line(canvas, _pixel(scaled.start), _pixel(scaled.end), ENTRANCE, 2 * thickness, cv2.LINE_AA)
        start, end = _arrow(scaled, min(width, height) / 12)
        ends = _pixel(start), _pixel(end)
        cv2.arrowedLine(canvas, *ends, ENTRANCE, 2 * thickness, cv2.LINE_AA, tipLength=0.4)


def _arrow(line: EntryLine, length: float) -> tuple[Point, Point]:
    """From the middle of the line to the inside."""
    (x0, y0), (x1, y1) = line.start, line.end
    middle = (x0 + x1) / 2, (y0 + y1) / 2
    across = (y0 - y1) / math.dist(line.start, line.end), (x1 - x0) / math.dist(line.start, line.end)
    ends = [(middle[0] + way * length * across[0], middle[1] + way * length * across[1]) for way in (-1, 1)]
    return middle, max(ends, key=line.depth)


def _words(seen: SeenFace) -> str:
    face = seen.face
    if seen.still:
        return "still"
    words = [str(face.number) if face.number else "new"]
    if face.outcome is not None:
        words.append(face.outcome.value)
    if seen.direction in (Direction.IN, Direction.OUT):
        words.append(str(seen.direction))
    return " ".join(words)


def _colour(seen: SeenFace) -> Colour:
    if seen.still:
        return STILL
    return UNDECIDED if seen.face.outcome is None else OUTCOME_COLOURS[seen.face.outcome]


def grown(box: Box, times: float) -> Box:
    """A box around the same middle, so many times as large."""
    x, y = box.centre
    w, h = box.w * times, box.h * times
    return Box(x - w / 2, y - h / 2, w, h)


def _pixel(point: Point) -> tuple[int, int]:
    return round(point[0]), round(point[1])
