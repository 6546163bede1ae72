"""Small grey pictures."""

from __future__ import annotations

import numpy as np
import pytest

from edge.scene.small import small_grey


@pytest.mark.parametrize("size", [(720, 1280), (480, 640), (45, 80), (1, 1), (2000, 3)])
def test_a_small_picture_keeps_shape_and_brightness(size: tuple[int, int]) -> None:
    """Its long side is at most what was asked, its levels are those of the picture."""
    small = small_grey(np.full((*size, 3), 77, np.uint8), 80)
    assert max(small.shape) == min(80, max(size))
    assert set(small.ravel().tolist()) == {77}
    assert small.shape[0] / small.shape[1] == pytest.approx(size[0] / size[1], rel=0.2) or 1 in small.shape


def test_noise_is_averaged_away() -> None:
    """A pixel of the small picture is the mean of several."""
    picture = np.random.default_rng(1).normal(128, 16, (720, 1280, 3)).astype(np.uint8)
    assert small_grey(picture, 80).std() < 6
