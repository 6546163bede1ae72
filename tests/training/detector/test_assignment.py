"""Which cells answer for which face, and what cells say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.detector import SMALL
from training.detector import onnx_export
from training.detector.assignment import BEST, REACH, Targets, assign
from training.detector.network import HEAD, STRIDES, random_weights
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


@given(
    cell=st.integers(0, len(CORNERS) - 1),
    shift=st.tuples(st.floats(-2, 2), st.floats(-2, 2)),
    size=st.tuples(st.floats(4, 200), st.floats(4, 200)),
)
@settings(max_examples=40)
def test_a_box_written_into_a_cell_is_read_back(
    cell: int, shift: tuple[float, float], size: tuple[float, float]
) -> None:
    """Decoding is the inverse of OpenCV's encoding: offset in strides, size as a logarithm."""
    maps = [np.zeros((1, SIZE // s, SIZE // s, HEAD), np.float32) for s in STRIDES]
    stride = float(STEPS[cell, 0])
    level = STRIDES.index(int(stride))
    place = cell - sum((SIZE // s) ** 2 for s in STRIDES[:level])
    maps[level].reshape(-1, HEAD)[place, 2:6] = [*shift, np.log(size[0] / stride), np.log(size[1] / stride)]
    box = cells([tf.constant(one) for one in maps]).boxes.numpy()[0, cell]
    centre = CORNERS[cell] + np.array(shift) * stride
    np.testing.assert_allclose((box[:2] + box[2:]) / 2, centre, atol=1e-2)
    np.testing.assert_allclose(box[2:] - box[:2], size, rtol=1e-3)


def test_opencv_decodes_as_training_does(tmp_path: Path) -> None:
    """A network that says the same everywhere gives OpenCV's boxes at the cells of one stride."""
    weights = [np.zeros_like(value) for value in random_weights(SMALL, 0)]
    said = np.zeros((3, HEAD), np.float32)
    said[:, :2] = -9
    said[2] = [9, 9, 0.25, -0.5, 0.1, -0.3, *np.linspace(-1, 1, 10)]
    for level in range(3):
        weights[-4 * (3 - level) + 3] = said[level]
    onnx_export.save(SMALL, weights, tmp_path / "same.onnx")
    network = cv2.FaceDetectorYN.create(str(tmp_path / "same.onnx"), "", (SIZE, SIZE), 0.9, 1.0, 99)
    _, rows = network.detect(np.zeros((SIZE, SIZE, 3), np.uint8))
    maps = [tf.constant(np.tile(said[i], (1, SIZE // s, SIZE // s, 1))) for i, s in enumerate(STRIDES)]
    found = cells(maps)
    last = STEPS[:, 0] == 32
    boxes = found.boxes.numpy()[0][last]
    marks = found.marks.numpy()[0][last] * 32 + np.tile(CORNERS[last], (1, 5))
    ours = np.concatenate([boxes[:, :2], boxes[:, 2:] - boxes[:, :2], marks], 1)
    order = [np.lexsort(values[:, :2].T.round(1)) for values in (rows, ours)]
    np.testing.assert_allclose(rows[order[0], :14], ours[order[1]], atol=0.01)
