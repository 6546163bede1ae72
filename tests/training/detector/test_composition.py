"""Training pictures and the faces they claim to hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.detector import scene, stock
from training.detector import composition
from training.detector.backgrounds import background
from training.detector.composition import LEAST_PX


@given(seed=st.integers(0, 10_000))
@settings(max_examples=60)
def test_every_face_lies_in_the_picture(seed: int) -> None:
    """Whatever was cut or scaled, boxes end at the border, and those that count are large enough."""
    example = composition.compose(stock(), 128, np.random.default_rng(seed))
    assert example.pixels.shape == (128, 128, 3)
    assert example.pixels.dtype == np.uint8
    ends = example.boxes[:, :2] + example.boxes[:, 2:]
    assert (example.boxes[:, :2] >= 0).all()
    assert (ends <= 128.01).all()
    assert (example.boxes[example.counts, 2:] >= LEAST_PX).all()


def test_boxes_stay_on_the_faces() -> None:
    """The middle of a box is as bright as the face that was drawn there, after every cut and scale."""
    rng = np.random.default_rng(4)
    compared = 0
    for _ in range(40):
        canvas = composition._Canvas(background(128, rng), rng)
        composition._mosaic(canvas, stock(), 128, rng)
        boxes = np.concatenate(canvas._boxes) if canvas._boxes else np.zeros((0, 4))
        marks = np.concatenate(canvas._marks) if canvas._marks else np.zeros((0, 5, 2))
        for (x, y, w, h), points in zip(boxes, marks, strict=True):
            if min(w, h) < 20 or abs(w - h) > 2:  # cut faces have their middle elsewhere
                continue
            forehead = canvas.pixels[int(y + 0.2 * h), int(x + 0.5 * w)]
            np.testing.assert_allclose(forehead, (150, 180, 220), atol=25)
            assert points[0, 0] < points[1, 0]  # the mirror swaps left and right
            compared += 1
    assert compared > 20


def test_mirroring_twice_gives_the_scene_back() -> None:
    """Pixels, boxes and landmarks return to where they were."""
    one = scene()
    again = one.mirrored().mirrored()
    np.testing.assert_array_equal(again.pixels, one.pixels)
    np.testing.assert_allclose(again.boxes, one.boxes)
    np.testing.assert_allclose(again.marks, one.marks)
