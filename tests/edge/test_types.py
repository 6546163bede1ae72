"""Boxes, and how they overlap."""

from __future__ import annotations

import math

import pytest

from edge.types import Box


def test_a_box_overlaps_itself_wholly_and_a_distant_one_not_at_all() -> None:
    """The overlap is 1 and 0 then; boxes that only touch share nothing."""
    box = Box(10, 10, 20, 20)
    assert box.iou(box) == 1
    assert box.iou(Box(100, 10, 20, 20)) == 0
    assert box.iou(Box(30, 10, 20, 20)) == 0


def test_half_a_box_is_a_third_of_the_union() -> None:
    """Whichever of the two is asked."""
    left, right = Box(0, 0, 20, 10), Box(10, 0, 20, 10)
    assert left.iou(right) == right.iou(left) == pytest.approx(1 / 3)


def test_a_box_has_a_centre_and_a_smaller_side() -> None:
    """The smaller side is the size of a face."""
    assert Box(10, 20, 30, 50).centre == (25, 45)
    assert Box(10, 20, 30, 50).side == 30


@pytest.mark.parametrize("values", [(math.nan, 0, 1, 1), (0, math.inf, 1, 1), (0, 0, 0, 1), (0, 0, 1, -1)])
def test_a_box_without_a_place_or_a_size_is_refused(values: tuple[float, ...]) -> None:
    """No such box comes out of a detector unnoticed."""
    with pytest.raises(ValueError, match="finite place and a positive size"):
        Box(*values)


def test_how_much_of_a_box_lies_within_another() -> None:
    """All of a small one in the middle of a large one, and little the other way round."""
    small, large = Box(10, 10, 10, 10), Box(0, 0, 40, 40)
    assert small.share_within(large) == 1
    assert large.share_within(small) == pytest.approx(1 / 16)
    assert small.share_within(Box(15, 10, 10, 10)) == pytest.approx(1 / 2)
    assert small.share_within(Box(20, 10, 10, 10)) == 0
