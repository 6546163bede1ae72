"""Training pictures and the faces they claim to hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.detector import scene, stock
from training.detector import batches, composition
from training.detector.backgrounds import background, view_of, without_faces
from training.detector.composition import LEAST_PX, MOST, Example, SceneDataset


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


def test_a_picture_of_nobody_keeps_no_face() -> None:
    """Faces taken apart are no faces any more: no box is left, and the pixels there have changed."""
    one = scene()
    nobody = without_faces(one, np.random.default_rng(0))
    assert len(nobody.boxes) == len(nobody.counts) == 0
    x, y, w, h = one.boxes[0].astype(int)
    assert (
        np.abs(nobody.pixels[y : y + h, x : x + w].astype(int) - one.pixels[y : y + h, x : x + w]).mean() > 10
    )
    np.testing.assert_array_equal(nobody.pixels[-4:], one.pixels[-4:])


def test_photographs_of_nobody_give_pictures_without_faces() -> None:
    """They are cut, turned and shown as they are; nothing is claimed to be in them."""
    photograph = np.full((50, 80, 3), 77, np.uint8)
    assert (view_of(photograph, 32, np.random.default_rng(0)) == 77).all()
    canvas = composition._Canvas(background(64, np.random.default_rng(1)), np.random.default_rng(1))
    empty = SceneDataset(stock().frames, stock().people, (photograph,))
    for seed in range(12):
        canvas._rng = np.random.default_rng(seed)
        composition._nothing(canvas, empty, 64, canvas._rng)
    assert len(canvas.finish().boxes) == 0


def test_clutter_varies() -> None:
    """Backgrounds are pictures of the size wanted, and not all the same."""
    made = [background(64, np.random.default_rng(seed)) for seed in range(6)]
    assert all(one.shape == (64, 64, 3) and one.dtype == np.uint8 for one in made)
    assert len({one.tobytes() for one in made}) == 6
