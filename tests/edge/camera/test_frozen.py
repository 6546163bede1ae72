"""Cameras that give the same picture again and again."""

from __future__ import annotations

import numpy as np
import pytest

from edge.camera.frozen import Repeats
from edge.types import Image


def test_the_same_picture_is_known_for_as_long_as_it_is_given() -> None:
    """Its time counts from the first one; a picture with other noise begins anew."""
    one, other = (np.random.default_rng(seed).integers(0, 255, (48, 64, 3), np.uint8) for seed in (1, 2))
    repeats = Repeats()
    given = [(one, 1.0), (one.copy(), 1.5), (one, 3.0), (other, 4.0), (one, 5.0), (one, 5.5)]
    assert [repeats.same_for(picture, now) for picture, now in given] == [0.0, 0.5, 2.0, 0.0, 0.0, 0.5]


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((48, 64, 3), np.uint8),
        np.full((48, 64, 3), 200, np.uint8),
        np.tile(np.arange(0, 32, dtype=np.uint8).repeat(2)[None, :, None], (48, 1, 3)),
    ],
)
def test_a_picture_that_shows_nothing_is_not_taken_for_frozen(picture: Image) -> None:
    """At night, or with the lens covered, a camera may give pictures that are all alike."""
    repeats = Repeats()
    assert [repeats.same_for(picture, now) for now in (1.0, 2.0)] == [0.0, 0.0]


def test_the_memory_of_a_picture_may_be_used_again() -> None:
    """What was seen is kept as a copy."""
    memory = np.random.default_rng(1).integers(0, 200, (48, 64, 3), np.uint8)
    repeats = Repeats()
    repeats.same_for(memory, 1.0)
    memory += 1
    assert repeats.same_for(memory, 2.0) == 0.0
