"""Where a face will be next."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.tracking.motion import FACE_M, Motion
from edge.types import Box

FOCAL = 1000.0


def walking(seconds: float, speed: float = 1.2, x: float = 0.4, drop: float = 0.5) -> Box:
    """The face of somebody who walks up to a camera from 5 m, straight through the world."""
    z = 5.0 - speed * seconds
    side = FACE_M * FOCAL / z
    cx, cy = 640 + FOCAL * x / z, 360 + FOCAL * drop / z
    return Box(cx - side / 2, cy - side / 2, side, side)


@pytest.mark.parametrize("fps", [5, 15, 30])
def test_who_walks_on_unseen_is_where_the_walk_has_led(fps: int) -> None:
    """A second later, at every frame rate: places, size and its growth follow perspective."""
    motion = Motion(walking(0.0), 0.0)
    for number in range(1, 2 * fps + 1):
        motion.advance(number / fps)
        motion.correct(walking(number / fps))
    for number in range(2 * fps + 1, 3 * fps + 1):
        motion.advance(number / fps)
    truth = walking(3.0)
    assert math.hypot(motion.x.value - truth.centre[0], motion.y.value - truth.centre[1]) < 0.25 * truth.w
    assert motion.side == pytest.approx(truth.w, rel=0.15)


@given(st.integers(1, 30), st.floats(0.05, 0.8))
def test_uncertainty_hangs_on_time_and_not_on_frames(steps: int, seconds: float) -> None:
    """Frames in which nothing is seen change nothing about what is expected at their end."""
    at_once, stepwise = Motion(Box(100, 100, 40, 50), 0.0), Motion(Box(100, 100, 40, 50), 0.0)
    at_once.advance(seconds)
    for step in range(1, steps + 1):
        stepwise.advance(seconds * step / steps)
    for axis in ("x", "y", "size"):
        one, other = getattr(at_once, axis), getattr(stepwise, axis)
        assert other.value == pytest.approx(one.value)
        assert other.var == pytest.approx(one.var)
        assert other.rate_var == pytest.approx(one.rate_var)


def test_time_that_does_not_go_on_changes_nothing() -> None:
    """Two frames may carry the same time."""
    motion = Motion(Box(100, 100, 40, 50), 1.0)
    before = motion.x.var
    motion.advance(1.0)
    motion.advance(0.5)
    assert (motion.now, motion.x.var) == (1.0, before)


def test_who_is_hidden_stays_behind_who_hides_them() -> None:
    """However fast they came nearer before."""
    front, behind = Motion(Box(100, 100, 60, 60), 0.0), Motion(Box(100, 100, 70, 70), 0.0)
    for _ in range(30):
        behind.stay_behind(front, 1 / 15)
    assert behind.side < front.side
