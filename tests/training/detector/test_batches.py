"""Batches, each the same whenever it is asked for."""

from __future__ import annotations

import numpy as np

from tests.support.detector import scene, stock
from training.detector import batches
from training.detector.composition import MOST, Example


def test_a_batch_is_the_same_whenever_it_is_asked_for() -> None:
    """A resumed run sees what an uninterrupted one would have seen."""
    shapes = ((2, 64), (1, 96))
    first, again = (batches.batch(stock(), 5, 7, shapes) for _ in range(2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    np.testing.assert_array_equal(first.boxes, again.boxes)
    assert first.pixels.shape == (1, 96, 96, 3)
    assert not np.array_equal(first.pixels, batches.batch(stock(), 7, 7, shapes).pixels)


def test_batches_come_in_order_from_where_a_run_stopped() -> None:
    """The thread gives numbers in sequence and stops when nobody asks any more."""
    made = batches.batches(stock(), 3, 100, 7, ((1, 64),))
    assert [next(made).number for _ in range(4)] == [3, 4, 5, 6]
    made.close()  # type: ignore[attr-defined]


def test_padding_says_what_each_face_is_good_for() -> None:
    """2 with landmarks, 1 without, -1 unjudged, 0 for padding."""
    one = scene((40, 24, 20))
    marks = one.marks.copy()
    marks[1] = np.nan
    example = Example(one.pixels, one.boxes, marks, np.array([True, True, False]))
    boxes, points, kinds = batches.padded(example)
    assert kinds[:4].tolist() == [2, 1, -1, 0]
    assert len(boxes) == MOST
    np.testing.assert_allclose(boxes[0, 2:], one.boxes[0, :2] + one.boxes[0, 2:])
    assert np.isfinite(points).all()
