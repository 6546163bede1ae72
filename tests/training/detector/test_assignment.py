"""Which cells answer for which face."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from training.detector.assignment import BEST, REACH, Targets, assign
from training.detector.network import HEAD, STRIDES
from training.detector.tf_model import Cells, cells, grid

SIZE = 96


CORNERS, STEPS = grid(SIZE, SIZE)


POINTS = CORNERS + STEPS / 2


sides = st.integers(8, 90)


faces = st.lists(
    st.tuples(st.integers(0, SIZE - 8), st.integers(0, SIZE - 8), sides, sides), min_size=1, max_size=5
)


def targets(boxes: list[tuple[int, int, int, int]], kinds: list[int]) -> Targets:
    corners = np.array([(x, y, min(x + w, SIZE), min(y + h, SIZE)) for x, y, w, h in boxes], np.float32)
    return Targets(
        tf.constant(corners[None]), tf.zeros((1, len(boxes), 10)), tf.constant(np.array([kinds], np.int32))
    )


def guess(seed: int) -> Cells:
    """What an untrained network might say."""
    rng = np.random.default_rng(seed)
    maps = [rng.normal(0, 1, (1, SIZE // s, SIZE // s, HEAD)).astype(np.float32) for s in STRIDES]
    return cells([tf.constant(one) for one in maps])


def assigned(boxes: list[tuple[int, int, int, int]], kinds: list[int], seed: int) -> tuple[Any, Any, Any]:
    found = assign(guess(seed), targets(boxes, kinds), tf.constant(POINTS), tf.constant(STEPS))
    return found.positive.numpy()[0], found.face.numpy()[0], found.counted.numpy()[0]


@given(boxes=faces, seed=st.integers(0, 99))
@settings(max_examples=40)
def test_each_face_has_a_few_cells_near_it(boxes: list[tuple[int, int, int, int]], seed: int) -> None:
    """A cell answers for a face only from inside it or near its centre, and no face has more than ten."""
    positive, owner, _ = assigned(boxes, [1] * len(boxes), seed)
    assert positive.any()
    corners = targets(boxes, [1] * len(boxes)).boxes.numpy()[0]
    for cell in np.flatnonzero(positive):
        left, top, right, bottom = corners[owner[cell]]
        x, y = POINTS[cell]
        near = max(abs(x - (left + right) / 2), abs(y - (top + bottom) / 2)) < REACH * STEPS[cell, 0]
        assert near or (left < x < right and top < y < bottom)
    assert np.bincount(owner[positive]).max() <= BEST


@given(box=faces, seed=st.integers(0, 99))
@settings(max_examples=20)
def test_a_face_alone_is_always_answered_for(box: list[tuple[int, int, int, int]], seed: int) -> None:
    """One face gets at least one cell, however small or cut it is."""
    positive, owner, _ = assigned(box[:1], [2], seed)
    assert positive.sum() >= 1
    assert (owner[positive] == 0).all()


@given(boxes=faces, seed=st.integers(0, 99))
@settings(max_examples=20)
def test_padding_and_unjudged_regions_get_no_cell(boxes: list[tuple[int, int, int, int]], seed: int) -> None:
    """Neither is answered for; cells within an unjudged region are left out, all others are judged."""
    positive, _, judged = assigned(boxes, [-1] * len(boxes), seed)
    assert not positive.any()
    corners = targets(boxes, [0] * len(boxes)).boxes.numpy()[0]
    within = (
        ((POINTS[:, None] > corners[None, :, :2]) & (POINTS[:, None] < corners[None, :, 2:])).all(-1).any(1)
    )
    np.testing.assert_array_equal(judged, ~within)
    positive, _, judged = assigned(boxes, [0] * len(boxes), seed)
    assert not positive.any()
    assert judged.all()
