"""Why a face that is followed is not seen."""

from __future__ import annotations

import pytest

from edge.tracking.motion import Motion
from edge.tracking.visibility import has_left, hides
from edge.types import Box

PICTURE = (1280, 720)


def moved(step: float, growth: float = 1.0, unseen_s: float = 0.0, x: float = 1100.0) -> Motion:
    """A face that went right by `step` pixels and grew by `growth` in each of ten frames."""
    side = 60.0
    motion = Motion(Box(x, 300, side, side), 0.0)
    for number in range(1, 11):
        x, side = x + step, side * growth
        motion.advance(number / 15)
        motion.correct(Box(x - side / 2, 300, side, side))
    motion.advance(10 / 15 + unseen_s)
    return motion


def test_who_walks_across_the_edge_has_left() -> None:
    """And who stands near it has not."""
    assert has_left(moved(15, unseen_s=0.5), 60, PICTURE)
    assert not has_left(moved(0, unseen_s=0.5), 60, PICTURE)


def test_who_grows_out_of_the_picture_has_left() -> None:
    """Also where nobody knows the picture's size, only later."""
    assert has_left(moved(0, 1.08, unseen_s=0.6, x=600), 130, PICTURE)
    assert has_left(moved(0, 1.08, unseen_s=0.8, x=600), 130, None)
    assert not has_left(moved(0, 1.01, unseen_s=0.8, x=600), 66, PICTURE)


@pytest.mark.parametrize(
    ("x", "y", "side", "hidden"),
    [
        (600, 300, 40, True),  # behind the head
        (700, 300, 40, False),  # beside the head
        (680, 400, 40, True),  # behind the shoulder
        (600, 200, 40, False),  # above the head
        (600, 300, 95, False),  # as near
    ],
)
def test_nearer_people_hide_with_head_and_shoulders(x: float, y: float, side: float, hidden: bool) -> None:
    """A smaller face behind a larger one, or below it."""
    front = Motion(Box(600 - 50, 300 - 50, 100, 100), 0.0)
    behind = Motion(Box(x - side / 2, y - side / 2, side, side), 0.0)
    assert hides(front, behind, side) is hidden


def test_nobody_walks_through_the_one_in_front() -> None:
    """Who came nearer and is missing stands behind them, however large the face is expected to be by now."""
    front = Motion(Box(600 - 50, 300 - 50, 100, 100), 0.0)
    nearer = Motion(Box(600 - 70, 300 - 70, 140, 140), 0.0)
    assert hides(front, nearer, 80)
    assert not hides(front, nearer, 95)
