"""Pictures that hold no face."""

from __future__ import annotations

import numpy as np

from tests.support.detector import scene, stock
from training.detector import composition
from training.detector.backgrounds import background, view_of, without_faces
from training.detector.composition import SceneDataset


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
