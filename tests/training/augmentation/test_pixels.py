"""Between numbers and pixels."""

from __future__ import annotations

import numpy as np

from training.augmentation.pixels import as_field, as_image


def test_pixels_are_clipped_and_lose_their_fractions() -> None:
    """Nothing wraps around."""
    image = as_image(np.array([-3.0, 0.9, 254.9, 300.0]))
    assert image.dtype == np.uint8
    assert image.tolist() == [0, 0, 254, 255]


def test_a_field_keeps_fractions_within_its_range() -> None:
    """Of colours unless another one is given."""
    field = as_field(np.array([-3.0, 0.5, 300.0]))
    assert field.dtype == np.float32
    assert field.tolist() == [0.0, 0.5, 255.0]
    assert as_field(np.array([-3.0, 0.5, 300.0]), -1.0, 1.0).tolist() == [-1.0, 0.5, 1.0]
