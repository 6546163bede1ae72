"""Whether anything has moved, cheaply."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from edge.scene.change import ChangeDetector
from edge.types import Image

SCENE: Image = cv2.GaussianBlur(
    np.random.default_rng(3).integers(0, 255, (720, 1280, 3), np.uint8), (0, 0), 25
)
SCENE = cv2.normalize(SCENE, None, 20, 230, cv2.NORM_MINMAX)  # type: ignore[assignment]


def noisy(seed: int, deviation: float = 5.0) -> Image:
    noise = np.random.default_rng(seed).normal(0, deviation, SCENE.shape)
    return np.clip(SCENE + noise, 0, 255).astype(np.uint8)


@pytest.fixture
def detector() -> ChangeDetector:
    made = ChangeDetector()
    made.changed(noisy(1))
    made.remember()
    return made


def test_noise_is_no_change(detector: ChangeDetector) -> None:
    """Each picture of a sensor differs from the one before, in every pixel."""
    assert not any(detector.changed(noisy(seed)) for seed in range(2, 6))


@pytest.mark.parametrize("side", [20, 60])
def test_somebody_who_comes_is_a_change(detector: ChangeDetector, side: int) -> None:
    """Also far away, where a body is a few hundredths of the picture wide and little darker than the wall."""
    picture = noisy(9)
    picture[150 : 150 + 3 * side, 300 : 300 + side] //= 2
    assert detector.changed(picture)


def test_what_was_never_seen_is_new() -> None:
    """The first picture, and one of another size."""
    detector = ChangeDetector()
    assert detector.changed(SCENE)
    detector.remember()
    assert not detector.changed(SCENE)
    assert detector.changed(SCENE[:, :450])


def test_slow_changes_add_up_until_somebody_looks(detector: ChangeDetector) -> None:
    """Each is too small by itself; the picture that was remembered stays the one to compare with."""
    brighter = [
        np.clip(noisy(20 + step).astype(int) + 2 * step, 0, 255).astype(np.uint8) for step in range(9)
    ]
    changed = [detector.changed(picture) for picture in brighter]
    assert not changed[0]
    assert changed[-1]
    detector.remember()
    assert not detector.changed(brighter[-1])
