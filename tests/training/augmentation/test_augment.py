"""Changes that an entrance camera would make."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from edge.types import Image
from tests.support.training import patch
from training.augmentation import augment

Step = Callable[[Image, np.random.Generator], Image]

STEPS = [
    augment.exposure, augment.contrast, augment.colour_temperature, augment.grey, augment.backlight,
    augment.motion_blur, augment.defocus, augment.small_face, augment.noise, augment.jpeg, augment.erase,
]  # fmt: skip

STILL = augment.Strength(
    zoom=0, shift=0, rotation_deg=0, shear=0, light=0, small=0, blur=0, noise=0, jpeg=0, erase=0
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
