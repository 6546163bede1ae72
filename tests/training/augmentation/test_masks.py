"""Drawn masks: where they lie is what their label says."""

from __future__ import annotations

import numpy as np
import pytest

from tests.support.training import patch
from training.augmentation import textures
from training.augmentation.masks import INCORRECT_WEARS, Wear, draw_mask, lift_cloth, plane

NOSE, MOUTH, CHIN = (50, 56), (50, 70), (50, 85)


SEEDS = range(12)


RED = np.broadcast_to(np.float32([255, 0, 0]), (textures.SIDE, textures.SIDE, 3)).copy()


def change(wear: Wear, place: tuple[int, int], seed: int) -> float:
    """How much a red mask changes the face at a place, 0 to 255."""
    before, x, y = patch(), *place
    after = draw_mask(before, wear, RED, np.random.default_rng(seed))
    window = np.s_[y - 1 : y + 2, x - 1 : x + 2]
    return float(np.abs(after.pixels[window].astype(int) - before.pixels[window]).mean())


@pytest.mark.parametrize(
    ("wear", "covered", "free"),
    [
        (Wear.WELL, [NOSE, MOUTH], []),
        (Wear.NOSE_OUT, [MOUTH], [NOSE]),
        (Wear.MOUTH_OUT, [CHIN], [NOSE, MOUTH]),
        (Wear.CHIN, [], [NOSE, MOUTH]),
        (Wear.ONE_EAR, [], [NOSE, MOUTH]),
    ],
)
def test_what_a_mask_covers(wear: Wear, covered: list[tuple[int, int]], free: list[tuple[int, int]]) -> None:
    """Each way to wear a mask covers what it should and leaves the rest of the face to be seen."""
    for seed in SEEDS:
        assert all(change(wear, place, seed) > 25 for place in covered), seed
        assert all(change(wear, place, seed) < 25 for place in free), seed


def test_every_mask_can_be_seen() -> None:
    """No drawn mask lies outside the crop that the network gets."""
    for wear in Wear:
        for seed in SEEDS:
            drawn = draw_mask(patch(), wear, RED, np.random.default_rng(seed)).crop(96).astype(int)
            assert (np.abs(drawn - patch().crop(96)).max(axis=2) > 30).mean() > 0.005, (wear, seed)


def test_wrong_ways() -> None:
    """All ways but the right one are among the wrong ones."""
    assert set(INCORRECT_WEARS) == set(Wear) - {Wear.WELL}


def test_the_patch_keeps_its_measure() -> None:
    """A small and a large face keep their size and their square."""
    for side in (30, 100, 320):
        before = patch(side=side)
        after = draw_mask(before, Wear.WELL, None, np.random.default_rng(1))
        assert after.pixels.shape == before.pixels.shape
        assert np.abs(np.array(after.square) - before.square).max() <= 1


def test_coordinates_of_the_face() -> None:
    """Eyes lie at 0 and mouth at 1 down the face; the right cheek is left in the picture."""
    on = plane(patch().landmarks, 100)
    assert on.t[42, 50] == pytest.approx(0, abs=0.02)
    assert on.t[70, 50] == pytest.approx(1, abs=0.02)
    assert on.s[56, 20] < -0.8 < 0.8 < on.s[56, 80]


def test_lifted_cloth_is_of_the_mask() -> None:
    """Cloth lifted from a face with a red mask is red."""
    masked = draw_mask(patch(), Wear.WELL, RED, np.random.default_rng(3))
    red, green, blue = lift_cloth(masked)[20:70, 20:70].reshape(-1, 3).mean(axis=0)
    assert red > 2 * max(green, blue)
