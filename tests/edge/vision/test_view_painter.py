"""What people can see of people in the live view."""

from __future__ import annotations

import cv2
import numpy as np

from edge.config import Config
from edge.daemon.factory import open_view_painter
from edge.types import Box, Face, Frame, Image
from edge.vision.anonymise import SQUARES
from edge.vision.live_view import shrunk
from edge.vision.view_painter import ViewedFrame, ViewPainter
from tests.support.images import noise
from tests.support.pictures import photo

GREYS = 24
"""By so much JPEG may change a grey: squares of one colour stay far nearer together than noise does."""


class Finder:
    """Finds what it was told."""

    def __init__(self, *faces: Face) -> None:
        self._faces = faces

    def find(self, _frame: Frame) -> tuple[Face, ...]:
        return self._faces


def decoded(jpeg: bytes) -> Image:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def coarse(patch: Image) -> bool:
    """Whether there are squares and no detail: the largest part of neighbours is alike."""
    steps = np.abs(np.diff(patch.astype(int), axis=1)).max(axis=2)
    return float((steps > GREYS).mean()) < SQUARES / patch.shape[1] * 2


def test_every_place_of_a_face_is_pixelated() -> None:
    """What counts, what does not, and what only the painter's own detector finds with a low score."""
    counted, uncounted = Face(Box(10, 20, 40, 40), 0.9), Face(Box(100, 20, 40, 40), 0.35)
    # Landmarks of a low score lie anywhere.
    found = Face(Box(20, 100, 40, 40), 0.25, ((30.0, 90.0), (40.0, 90.0)))
    assert not coarse(noise())
    picture = decoded(ViewPainter(Finder(found)).paint(ViewedFrame(noise(), 1.0, (counted,), (uncounted,))))
    for x, y in ((10, 20), (100, 20), (20, 100)):
        assert coarse(picture[y + 3 : y + 17, x + 3 : x + 37]), (x, y)


def test_faces_are_in_pixels_of_the_cameras_frame() -> None:
    """However small the picture is."""
    face = Face(Box(200, 200, 100, 100), 0.9, ((230.0, 240.0), (270.0, 240.0)))
    picture = decoded(ViewPainter(Finder()).paint(ViewedFrame(noise(), 0.5, (face,))))
    assert coarse(picture[103:124, 104:146])
    assert not coarse(picture[:60, :60])


def test_eyes_of_a_real_face_cannot_be_seen() -> None:
    """By the detector alone: a person of whom the daemon knows nothing."""
    painter = open_view_painter(Config())
    taken = decoded(photo())
    (face, *_) = painter._finder.find(Frame(0, taken, 0.0, 0.0))
    pixels, scale = shrunk(taken)
    picture = decoded(painter.paint(ViewedFrame(pixels, scale)))
    for x, y in face.landmarks[:2]:
        half = face.box.w / 8
        eye = np.s_[round(y - half) : round(y + half), round(x - half) : round(x + half)]
        before, after = (cv2.Laplacian(shown[eye], cv2.CV_64F).var() for shown in (taken, picture))
        assert after < before / 2
        assert np.abs(picture[eye].astype(int) - taken[eye]).mean() > 5


def test_the_entrance_is_drawn() -> None:
    """Who aims the camera sees where people are counted, and how large their faces are."""
    area = ((0.1, 0.6), (0.9, 0.6), (0.9, 0.9), (0.1, 0.9))
    grey = np.full((160, 160, 3), 60, np.uint8)
    without = decoded(ViewPainter(Finder()).paint(ViewedFrame(grey.copy(), 1.0)))
    drawn = decoded(ViewPainter(Finder(), area).paint(ViewedFrame(grey.copy(), 1.0)))
    assert np.abs(drawn[96, 20:140].astype(int) - without[96, 20:140]).max(axis=1).min() > 30
