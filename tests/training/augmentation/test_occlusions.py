"""Things before a face that are no masks."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.training import patch
from training.augmentation import occlusions
from training.augmentation.masks import plane


@pytest.mark.parametrize("thing", occlusions.THINGS)
def test_things_are_drawn(thing: occlusions.Thing) -> None:
    """Every thing that is no mask changes the picture, on every try."""
    before = patch()
    on = plane(before.landmarks, len(before.pixels))
    for seed in range(6):
        after = thing(before.pixels.astype(np.float32), on, np.random.default_rng(seed))
        assert np.isfinite(after).all()
        assert np.abs(after - before.pixels).max() > 10
