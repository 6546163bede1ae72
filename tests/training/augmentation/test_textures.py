"""Cloth for drawn masks."""

from __future__ import annotations

import numpy as np

from training.augmentation import textures


def test_cloths_differ() -> None:
    """Cloth is finite, in range, and of many kinds."""
    made = [textures.make(np.random.default_rng(seed)) for seed in range(40)]
    assert all(one.shape == (textures.SIDE, textures.SIDE, 3) and one.dtype == np.float32 for one in made)
    assert all(one.min() >= 0 and one.max() <= 255 for one in made)
    assert np.std([one.mean() for one in made]) > 25
