"""Making the pictures of the live view: all that may be faces is pixelated, then the picture is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import cv2

from edge.errors import LiveViewError
from edge.geometry import Polygon
from edge.tracking.entrance import EntryLine
from edge.types import Box, Face, Frame, Image
from edge.vision.annotate import draw_box
from edge.vision.annotate_tracks import UNDECIDED, draw_entrance, grown
from edge.vision.anonymise import pixelate

LEAST_SCORE = 0.2
"""Whatever has this score is taken for a face: a bag that is pixelated harms nobody."""

SURE, GROWTH = 0.6, 1.3
"""Below this score the landmarks are not believed, and so many times the box is taken."""

QUALITY = 80


class FaceFinder(Protocol):
    """Finds all that may be faces."""

    def find(self, frame: Frame) -> tuple[Face, ...]:
        """All of them, however small, also where their middle is outside of the picture."""


@dataclass(frozen=True, slots=True, eq=False)
class ViewedFrame:
    """A frame as small as it is shown, and what was found in it.

    Attributes:
        pixels: The picture, which belongs to whoever holds this.
        scale: Its size as a share of the camera's frame.
        counted: The faces that count, in pixels of the camera's frame.
        others: Other places where a face is or may be, likewise.
    """

    pixels: Image
    scale: float
    counted: tuple[Face, ...] = ()
    others: tuple[Face, ...] = ()


class ViewPainter:
    """Makes pictures for people, one at a time.

    The faces that the daemon found are pixelated, and those that a detector with a lower score finds in the
    very picture: who does not count at the entrance has a face all the same.
    """

    def __init__(self, finder: FaceFinder, area: Polygon = (), line: EntryLine | None = None) -> None:
        """The area in which faces count and the entry line, in shares of the picture, are drawn."""
        self._finder = finder
        self._area = area
        self._line = line

    def paint(self, view: ViewedFrame) -> bytes:
        """A JPEG; the frame's pixels are drawn over.

        Raises:
            ModelError: Faces cannot be found.
            LiveViewError: It cannot be encoded.
        """
        canvas = view.pixels
        found = self._finder.find(Frame(0, canvas, 0.0, 0.0))
        known = (_scaled(face, view.scale) for face in (*view.counted, *view.others))
        for face in (*found, *known):
            pixelate(canvas, face if face.score >= SURE else Face(grown(face.box, GROWTH), face.score))
        # After all faces are pixelated: lines and words may reach into the next face.
        draw_entrance(canvas, self._area, self._line)
        for face in view.counted:
            draw_box(canvas, _scaled(face, view.scale).box, f"{face.box.side:.0f} px", UNDECIDED)
        done, jpeg = cv2.imencode(".jpg", canvas, (cv2.IMWRITE_JPEG_QUALITY, QUALITY))
        if not done:
            raise LiveViewError("the picture cannot be encoded")
        return jpeg.tobytes()


def _scaled(face: Face, scale: float) -> Face:
    """A face in a picture of another size."""
    box = face.box
    points = tuple((x * scale, y * scale) for x, y in face.landmarks)
    return Face(Box(box.x * scale, box.y * scale, box.w * scale, box.h * scale), face.score, points)
