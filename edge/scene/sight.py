"""What a camera sees at the line, as numbers: the size of a face, its light, that around it. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import cv2
import numpy as np

from edge.types import Box, FaceSight, Frame, Sight


def face_sight(frame: Frame, box: Box, sharpness: float) -> FaceSight:
    """Measures a face of a frame."""
    grey = cv2.cvtColor(frame.pixels, cv2.COLOR_BGR2GRAY)
    left, top = max(0, int(box.x)), max(0, int(box.y))
    inside = grey[top : int(box.y + box.h) + 1, left : int(box.x + box.w) + 1]
    total, part = float(grey.sum(dtype=np.float64)), float(inside.sum(dtype=np.float64))
    return FaceSight(
        box.side,
        box.centre[1],
        part / max(1, inside.size),
        (total - part) / max(1, grey.size - inside.size),
        sharpness,
    )


class SightMeter:
    """Keeps what the frames of the last seconds show."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._frames: deque[float] = deque()
        self._looks: deque[tuple[float, FaceSight | None]] = deque()

    def take(self, frame: Frame, looks: tuple[FaceSight | None, ...]) -> Sight:
        """Takes a frame in.

        Args:
            frame: The frame.
            looks: Nothing where no face was looked for; else the largest face, or None where there was none.

        Returns:
            What was seen within the window.
        """
        self._frames.append(frame.monotonic)
        self._looks.extend((frame.monotonic, look) for look in looks)
        while self._frames[0] < frame.monotonic - self._window_s:
            self._frames.popleft()
        while self._looks and self._looks[0][0] < self._frames[0]:
            self._looks.popleft()
        return Sight(
            frame.size,
            len(self._frames),
            len(self._looks),
            frame.monotonic - self._frames[0],
            frame.view,
            tuple(self._faces()),
        )

    def _faces(self) -> Iterator[FaceSight]:
        return (look for _, look in self._looks if look is not None)
