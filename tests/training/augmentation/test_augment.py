"""Changes that an entrance camera would make."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.types import Image
from tests.support.training import patch
from training.augmentation import augment
from training.data.crops import Patch

Step = Callable[[Image, np.random.Generator], Image]

STEPS = [
    augment.exposure, augment.contrast, augment.colour_temperature, augment.grey, augment.slanting_light,
    augment.backlight, augment.motion_blur, augment.defocus, augment.small_face, augment.noise, augment.jpeg,
    augment.erase,
]  # fmt: skip

STILL = augment.Strength(
    zoom=0,
    shift=0,
    rotation_deg=0,
    shear=0,
    edge=0,
    light=0,
    backlight=0,
    small=0,
    blur=0,
    noise=0,
    jpeg=0,
    erase=0,
)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_changes_pixels_and_nothing_else(step: Step) -> None:
    """Every step keeps shape and type, leaves its input alone, and changes something."""
    image = patch().crop(96)
    before = image.copy()
    changed = [step(image, np.random.default_rng(seed)) for seed in range(5)]
    np.testing.assert_array_equal(image, before)
    assert all(one.shape == image.shape and one.dtype == np.uint8 for one in changed)
    assert any((one != image).any() for one in changed)


@pytest.mark.parametrize("step", STEPS)
def test_a_step_takes_the_smallest_input(step: Step) -> None:
    """Every step works at the smallest input size and on a plain crop."""
    plain = np.full((96, 96, 3), 255, np.uint8)
    for seed in range(8):
        assert step(plain, np.random.default_rng(seed)).shape == plain.shape


def test_same_seed_same_picture() -> None:
    """A seed gives the same picture again."""
    pictures = [
        augment.augment(patch(), 128, augment.Strength(), np.random.default_rng(seed)) for seed in (4, 4, 5)
    ]
    assert (pictures[0] == pictures[1]).all()
    assert (pictures[0] != pictures[2]).any()


def test_without_strength_only_the_mirror_is_left() -> None:
    """With every strength at zero the crop comes out as the device cuts it, or mirrored."""
    crop = patch().crop(96)
    for seed in range(6):
        changed = augment.augment(patch(), 96, STILL, np.random.default_rng(seed))
        assert (changed == crop).all() or (changed == crop[:, ::-1]).all()


def test_jitter_moves_the_square() -> None:
    """Zoom and shift alone give other crops."""
    moving = STILL.model_copy(update={"zoom": 0.2, "shift": 0.1})
    changed = augment.augment(patch(), 96, moving, np.random.default_rng(1))
    crop = patch().crop(96)
    assert (changed != crop).any()
    assert (changed != crop[:, ::-1]).any()


def test_a_turned_picture_fills_its_corners() -> None:
    """The picture is turned before it is cut, so that its own black border never comes into the crop."""
    grey = np.full((180, 180, 3), 128, np.uint8)
    grey[:5], grey[-5:], grey[:, :5], grey[:, -5:] = 0, 0, 0, 0
    roomy = Patch(grey, (40, 40, 100), np.empty((0, 2), np.float32))
    turning = STILL.model_copy(update={"rotation_deg": 40.0, "shear": 0.08})
    for seed in range(20):
        crop = augment.augment(roomy, 96, turning, np.random.default_rng(seed))
        assert (crop == 128).all()


def test_a_turn_is_one_of_the_whole_picture() -> None:
    """What was above the face lies beside it, by up to the largest angle."""
    half = np.zeros((180, 180, 3), np.uint8)
    half[:90] = 255
    roomy = Patch(half, (40, 40, 100), np.empty((0, 2), np.float32))
    turning = STILL.model_copy(update={"rotation_deg": 40.0})
    crops = [augment.augment(roomy, 96, turning, np.random.default_rng(seed)) for seed in range(30)]
    leans = [abs(float(crop[:, 0].mean()) - float(crop[:, -1].mean())) for crop in crops]
    assert max(leans) > 100
    assert min(leans) < 1


def test_a_side_of_the_picture_cuts_the_face() -> None:
    """Beyond it the last column or row is repeated, as the device does, and most of the face is left."""
    cutting = STILL.model_copy(update={"edge": 1.0})
    crop = patch().crop(96)
    sides = set()
    for seed in range(24):
        cut = augment.augment(patch(), 96, cutting, np.random.default_rng(seed))
        changed = (cut != crop).any(axis=2) & (cut != crop[:, ::-1]).any(axis=2)
        assert 0 < changed.mean() < 0.3
        edges = (cut[:, :5], cut[:, -5:], cut[:5].swapaxes(0, 1), cut[-5:].swapaxes(0, 1))
        sides |= {side for side, rows in enumerate(edges) if (rows == rows[:, :1]).all()}
    assert sides == {0, 1, 2, 3}


def test_backlight_leaves_the_face_darker_than_what_is_behind() -> None:
    """The middle gets darker, the corners brighter."""
    plain = np.full((96, 96, 3), 128, np.uint8)
    for seed in range(8):
        lit = augment.backlight(plain, np.random.default_rng(seed))
        assert lit[40:56, 40:56].mean() < 128 < lit[:4, :4].mean()
