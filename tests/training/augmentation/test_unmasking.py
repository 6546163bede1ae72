"""Masked faces whose nose is freed: where the edge lies is what their label says."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.support.training import patch
from training.augmentation.masks import Wear, draw_mask
from training.augmentation.unmasking import TOPS, UNMASKED_WEARS, Donor, donor, unmask

NOSE, MOUTH, CHIN, HAIR = (50, 55), (50, 70), (50, 86), (4, 4)
SEEDS = range(12)
GREEN = np.broadcast_to(np.float32([0, 255, 0]), (96, 96, 3)).copy()


def masked(seed: int = 3, side: int = 100) -> Donor:
    """A face with a green mask, well worn."""
    return donor(draw_mask(patch(seed, side), Wear.WELL, GREEN, np.random.default_rng(seed)))


SKINS = tuple(donor(patch(seed)) for seed in range(6))


def green_at(wear: Wear, place: tuple[int, int], seed: int) -> bool:
    """Whether the mask is still to be seen at a place."""
    x, y = place
    r, g, _ = unmask(masked(), SKINS, wear, np.random.default_rng(seed)).pixels[y, x].astype(int)
    return bool(g - r > 60)


@pytest.mark.parametrize(
    ("wear", "covered", "bare"),
    [
        (Wear.WELL, [NOSE, MOUTH], []),
        (Wear.NOSE_OUT, [MOUTH], [NOSE]),
        (Wear.MOUTH_OUT, [CHIN], [NOSE, MOUTH]),
        (Wear.CHIN, [], [NOSE, MOUTH]),
    ],
)
def test_what_is_freed(wear: Wear, covered: list[tuple[int, int]], bare: list[tuple[int, int]]) -> None:
    """Each way frees what it should and leaves the photographed mask elsewhere."""
    for seed in SEEDS:
        assert all(green_at(wear, place, seed) for place in covered), seed
        assert not any(green_at(wear, place, seed) for place in bare), seed


def test_all_wrong_ways_that_keep_both_ears() -> None:
    """What is drawn as wrong is never the right way, and every way has its place."""
    assert set(UNMASKED_WEARS) == set(TOPS) - {Wear.WELL}


def test_the_rest_of_the_picture_stays() -> None:
    """Hair and background are those of the masked face, and it keeps its size, square and landmarks."""
    for side in (40, 100, 300):
        before = masked(side=side)
        after = unmask(before, SKINS, Wear.NOSE_OUT, np.random.default_rng(1))
        assert after.pixels.shape == before.patch.pixels.shape
        assert after.square == before.patch.square
        x, y = (place * side // 100 for place in HAIR)
        assert np.abs(after.pixels[y, x].astype(int) - before.patch.pixels[y, x]).max() < 30
    same_size = unmask(masked(), SKINS, Wear.NOSE_OUT, np.random.default_rng(1))
    np.testing.assert_array_equal(same_size.pixels[:30], masked().patch.pixels[:30])


def test_the_lent_skin_has_the_light_of_the_face() -> None:
    """A bright nose on a dark face would tell the label by its colour alone."""
    one = masked().patch
    dark = donor(replace(one, pixels=one.pixels // 2))
    bright, dim = (
        unmask(face, SKINS, Wear.NOSE_OUT, np.random.default_rng(2)).pixels[50:55, 46:54].mean()
        for face in (masked(), dark)
    )
    assert dim == pytest.approx(bright / 2, rel=0.25)


def test_the_same_seed_frees_alike() -> None:
    """Training can be repeated."""
    first, again = (unmask(masked(), SKINS, Wear.NOSE_OUT, np.random.default_rng(7)).pixels for _ in range(2))
    np.testing.assert_array_equal(first, again)
