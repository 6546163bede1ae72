"""What is measured of a face, and over which time."""

from __future__ import annotations

import numpy as np

from edge.scene.sight import SightMeter, face_sight
from edge.types import Box, FaceSight, Frame

FACE = FaceSight(70, 300, 130, 120, 400)


def frame(monotonic: float = 0.0, grey: int = 90) -> Frame:
    return Frame(0, np.full((240, 320, 3), grey, np.uint8), monotonic, wall=0.0)


def test_a_face_is_measured_apart_from_what_is_around_it() -> None:
    """Grey of 60 before a wall of 200."""
    shown = frame(grey=200)
    shown.pixels[60:141, 100:161] = 60
    sight = face_sight(shown, Box(100, 60, 60, 80), 12.5)
    assert sight == FaceSight(60, 100, 60, 200, 12.5)


def test_a_face_at_the_edge_is_measured_as_far_as_it_is_seen() -> None:
    assert face_sight(frame(), Box(-20, -10, 60, 80), 0.0).light == 90


def test_frames_that_were_not_looked_at_count_for_no_face() -> None:
    """They are frames, and say nothing of who is there."""
    meter = SightMeter(10.0)
    for number, looks in enumerate([(FACE,), (), (None,), ()]):
        sight = meter.take(frame(number / 4), looks)
    assert (sight.frames, sight.looked_at, sight.seconds, sight.faces) == (4, 2, 0.75, (FACE,))
    assert sight.size == (320, 240)


def test_what_is_older_than_the_window_is_forgotten() -> None:
    """Who adjusts the camera sees what it has become."""
    meter = SightMeter(2.0)
    meter.take(frame(0.0), (FACE,))
    for moment in (1.0, 2.0, 3.0):
        sight = meter.take(frame(moment), (None,))
    assert (sight.frames, sight.looked_at, sight.faces) == (3, 3, ())
