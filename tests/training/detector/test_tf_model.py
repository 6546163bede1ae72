"""The network's outputs, cell by cell."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.detector import SMALL
from training.detector import onnx_export
from training.detector.network import HEAD, STRIDES, random_weights
from training.detector.tf_model import cells, grid

SIZE = 96


CORNERS, STEPS = grid(SIZE, SIZE)


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
