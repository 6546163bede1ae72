"""The live view: pictures for those who aim the camera, and for how long there are any.

It is off until somebody switches it on, and switches itself off. A picture is made when somebody asks for
one, on the thread of who asks: the loop only hands a frame over.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import cv2
import numpy as np

from edge.errors import LiveViewError
from edge.pipeline.pipeline import Cycle
from edge.types import Event, Face, Frame, Image
from edge.vision.annotate_tracks import MissedFaces
from edge.vision.view_painter import ViewedFrame, ViewPainter

LASTS_S = 600.0
EVERY_S = 0.3
"""The least time between two pictures; who asks sooner gets the one before."""
PATIENCE_S = 3.0
"""For a frame in which faces were looked for: while nothing happens there is one a second."""
LONG_SIDE = 640
"""Of a picture, in pixels."""

_log = logging.getLogger(__name__)


class LiveView:
    """The switch, and the way of a frame from the loop to who asks.

    `observe` belongs to the loop's thread; everything else may be called by any thread.
    """

    def __init__(
        self,
        make_painter: Callable[[], ViewPainter],
        *,
        allowed: bool = True,
        monotonic: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """Off.

        Args:
            make_painter: Opens what makes pictures, each time that the view is switched on.
            allowed: Whether it may be switched on.
            monotonic: Gives monotonic time.
            wall: Gives Unix time.
        """
        self.allowed = allowed
        self._make_painter = make_painter
        self._monotonic = monotonic
        self._wall = wall
        self._stopped = False
        self._painter: ViewPainter | None = None
        self._ends_at, self._until = 0.0, 0.0
        self._missed = MissedFaces()
        # Held while a picture is made: whoever asks meanwhile waits, and gets the same one.
        self._making = threading.Lock()
        self._handing = threading.Condition()
        self._wanted = False
        self._frame: ViewedFrame | None = None
        self._jpeg, self._made_at = b"", 0.0

    @property
    def until(self) -> float | None:
        """Unix time at which it ends; None while it is off."""
        return self._until if self._painter is not None and self._monotonic() < self._ends_at else None

    def switch_on(self, by: str) -> None:
        """Begins the ten minutes, or begins them anew; `by`: who wants that, for the log.

        Raises:
            LiveViewError: It is not allowed.
            ModelError: Faces could not be found, so that nothing may be shown.
        """
        if not self.allowed:
            raise LiveViewError("the live view is not allowed here; web.live_view in config.toml allows it")
        if self._stopped:
            raise LiveViewError("the program ends")
        painter = self._painter or self._make_painter()
        self._ends_at, self._until = self._monotonic() + LASTS_S, self._wall() + LASTS_S
        self._painter = painter
        # A warning, so that it stands in every log: from now on people are shown to people.
        _log.warning("the live view is on for %.0f min, switched on by %s", LASTS_S / 60, by)

    def switch_off(self, by: str) -> None:
        """Ends it, and forgets the last picture."""
        if self._painter is not None:
            self._end(f"switched off by {by}")

    def stop(self) -> None:
        """Ends it for good, and waits for the picture that is being made, if any.

        A thread in OpenCV does not survive the end of the interpreter: the program would be aborted.
        """
        self._stopped = True
        if self._painter is not None:
            self._end("the program ends")
        with self._making:
            pass

    def observe(self, cycle: Cycle, _events: tuple[Event, ...]) -> None:
        """Hands a frame over where somebody waits for one, and ends the view in time."""
        if self._painter is None:
            return
        if self._monotonic() >= self._ends_at:
            self._end("its time is over")
            return
        frame, analysis = cycle.moment, cycle.analysis
        # Of a frame in which faces were not looked for nobody knows where they are.
        if not isinstance(frame, Frame) or analysis is None:
            return
        missed = tuple(self._missed.boxes(cycle.passes.faces, frame.monotonic))
        if self._wanted:
            others = *analysis.uncounted, *(Face(box, 0.0) for box in missed)
            self._hand_over(frame, analysis.counted, others)

    def picture(self) -> bytes:
        """A JPEG of what the camera sees now, in which eyes and foreheads are pixelated.

        Raises:
            LiveViewError: The view is off, or the camera gives no pictures.
            ModelError: Faces cannot be found, so that nothing may be shown.
        """
        with self._making:
            painter = self._painter_in_use()
            if self._jpeg and self._monotonic() - self._made_at < EVERY_S:
                return self._jpeg
            jpeg = painter.paint(self._next_frame())
            # It may have ended meanwhile.
            self._painter_in_use()
            self._jpeg, self._made_at = jpeg, self._monotonic()
            return jpeg

    def _painter_in_use(self) -> ViewPainter:
        painter = self._painter
        if painter is None or self._monotonic() >= self._ends_at:
            raise LiveViewError("the live view is off; switch it on")
        return painter

    def _next_frame(self) -> ViewedFrame:
        """Asks the loop for a frame, and waits for it."""
        with self._handing:
            self._wanted = True
            self._handing.wait_for(lambda: self._frame is not None or self._painter is None, PATIENCE_S)
            frame, self._frame, self._wanted = self._frame, None, False
        self._painter_in_use()
        if frame is None:
            raise LiveViewError("the camera has given no picture in which faces were looked for; try again")
        return frame

    def _hand_over(self, frame: Frame, counted: tuple[Face, ...], others: tuple[Face, ...]) -> None:
        # A copy in any case: the camera writes into the frame's memory after this cycle.
        pixels, scale = shrunk(frame.pixels)
        with self._handing:
            if self._wanted:
                self._frame = ViewedFrame(pixels, scale, counted, others)
                self._handing.notify_all()

    def _end(self, why: str) -> None:
        with self._handing:
            self._painter, self._jpeg = None, b""
            # Whoever waits for a frame gets none.
            self._handing.notify_all()
        self._missed = MissedFaces()
        _log.warning("the live view is off: %s", why)


def shrunk(pixels: Image) -> tuple[Image, float]:
    """A copy of a picture, at most `LONG_SIDE` long, and its size as a share of the picture's."""
    height, width = pixels.shape[:2]
    scale = min(1.0, LONG_SIDE / max(width, height))
    if scale == 1.0:
        return pixels.copy(), scale
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8), scale
