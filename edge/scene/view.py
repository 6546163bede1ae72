"""Whether the camera can see: covered, dark, dazzled, out of focus, moved. Pure.

It looks at a small grey picture once a second, averaged over a few seconds, so that neither noise nor
passers-by count for detail. What lasts is told, and what is seen for a moment is not.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.scene.small import SmallPicture, small_grey
from edge.types import Image, ViewProblem

LOOK_EVERY_S = 1.0
LONG_SIDE = 320
"""Pixels: what a detector sees, so that blur counts only where it costs faces."""

AVERAGE = 0.3
"""Share of one look in the averaged picture."""

NO_DETAIL = 4.0
"""Standard deviation of the grey levels (0 to 255) below which nothing is in the picture."""

DARK, BRIGHT, BRIGHT_SHARE = 40.0, 250.0, 0.6
"""But for one pixel in twenty nothing is lighter than the first; such a share is lighter than the second."""

BLURRED = 0.008
"""Variance of the Laplacian over that of the grey levels: 0.07 to 0.2 where the demo's clip is sharp, 0.015
where it is blurred by 2 of 640 pixels (sigma), 0.002 by 4."""

MOVED = 0.3
"""Correlation of the edges with those of before, below which this is another view."""

EDGES_LONG_SIDE = 80
LEAST_EDGES = 2.0
"""Mean gradient below which a view has no edges to compare."""

FIRST_LOOKS = 30
"""So many looks make the view that later ones are compared with."""

FOLLOWING = 1 / 600
"""Share of one look in that view afterwards: it follows daylight within ten minutes."""

LOOKS = {
    ViewProblem.COVERED: 2,
    ViewProblem.DARK: 2,
    ViewProblem.BRIGHT: 2,
    ViewProblem.OUT_OF_FOCUS: 10,
    ViewProblem.MOVED: 60,
}
"""Looks in a row after which each is told: people fill a picture for some time, and an autofocus searches."""

GOOD_LOOKS = 2


class ViewMonitor:
    """Says what is wrong with the view; whoever moves the camera on purpose starts the program again."""

    def __init__(self) -> None:
        self._next = -math.inf
        self._average: NDArray[np.float32] | None = None
        self._edges = EdgeReference()
        self._suspected = self._told = ViewProblem.NONE
        self._looks = 0

    def update(self, picture: Image, now: float) -> ViewProblem:
        """Takes a picture in, where one is due.

        Args:
            picture: Of any size.
            now: Its time in seconds, never going back.

        Returns:
            What is told at this time.
        """
        if now < self._next:
            return self._told
        self._next = now + LOOK_EVERY_S
        grey = small_grey(picture, LONG_SIDE)
        found = self._judge(grey)
        self._looks = self._looks + 1 if found is self._suspected else 1
        self._suspected = found
        if self._looks >= LOOKS.get(found, GOOD_LOOKS):
            self._told = found
        return self._told

    def _judge(self, grey: SmallPicture) -> ViewProblem:
        """What this look, and the average with it, say."""
        average = self._averaged(grey)
        # The look itself and not the average: a hand on the lens is told at once.
        if float(grey.std()) < NO_DETAIL:
            return ViewProblem.COVERED
        if float(np.percentile(grey, 95)) < DARK:
            return ViewProblem.DARK
        if float(np.mean(grey >= BRIGHT)) > BRIGHT_SHARE:
            return ViewProblem.BRIGHT
        if cv2.Laplacian(average, cv2.CV_32F).var() < BLURRED * average.var():
            return ViewProblem.OUT_OF_FOCUS
        return ViewProblem.MOVED if self._edges.moved(average) else ViewProblem.NONE

    def _averaged(self, grey: SmallPicture) -> NDArray[np.float32]:
        look = grey.astype(np.float32)
        if self._average is None or self._average.shape != look.shape:
            self._average = look
        else:
            self._average += AVERAGE * (look - self._average)
        return self._average


class EdgeReference:
    """Where the edges of the view are, learned slowly."""

    def __init__(self) -> None:
        self._edges: NDArray[np.float32] | None = None
        self._looks = 0

    def moved(self, average: NDArray[np.float32]) -> bool:
        """Whether a picture, averaged over some seconds, shows another view; the same one is learned."""
        edges = _edges(average)
        if edges is None:
            return False
        if self._edges is None or self._edges.shape != edges.shape:
            self._edges = edges
        correlation = float((edges * self._edges).mean() / max(float(self._edges.std()), 1e-6))
        if self._looks >= FIRST_LOOKS and correlation < MOVED:
            return True
        self._looks += 1
        self._edges += max(1 / self._looks, FOLLOWING) * (edges - self._edges)
        return False


def _edges(average: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The gradient of a small picture, with mean 0 and deviation 1; None where there is next to none."""
    scale = EDGES_LONG_SIDE / max(average.shape)
    small = cv2.resize(average, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    gradient = cv2.magnitude(cv2.Sobel(small, cv2.CV_32F, 1, 0), cv2.Sobel(small, cv2.CV_32F, 0, 1)) / 8
    if float(gradient.mean()) < LEAST_EDGES:
        return None
    # A light that glares is one edge among many.
    gradient = np.sqrt(gradient)
    normalised: NDArray[np.float32] = (gradient - gradient.mean()) / max(float(gradient.std()), 1e-6)
    return normalised
