"""The rule that finds the face in an image without a box."""

from __future__ import annotations

import numpy as np
import pytest

from edge.contract import square_around
from edge.types import Box, Face, Image
from training.data.faces import single_face


def finder(*sides: float) -> list[Face]:
    return [Face(Box(150 + 10 * place, 150, side, side), 0.9) for place, side in enumerate(sides)]


def apply(faces: list[Face], height: int = 200, width: int = 200) -> tuple[Face | None, str]:
    return single_face(lambda _: tuple(faces))(np.zeros((height, width, 3), np.uint8))


def test_the_only_face() -> None:
    """One face is taken, in pixels of the image and not of the bordered one the detector saw."""
    face, _ = apply(finder(80))
    assert face is not None
    assert face.box == Box(100, 100, 80, 80)


def test_a_face_much_larger_than_the_others() -> None:
    """A face of twice the area of the next one is taken."""
    face, _ = apply(finder(40, 80))
    assert face is not None
    assert face.box.w == 80


def test_several_faces() -> None:
    """Of several faces of similar size none is taken, because the label may mean any."""
    assert apply(finder(80, 70)) == (None, "several faces of similar size")


def test_a_crop() -> None:
    """A small image without a found face is a face crop already: the contract then cuts all of it."""
    face, _ = apply([], 120, 120)
    assert face is not None
    assert square_around(face.box) == (0, 0, 120)


@pytest.mark.parametrize(("height", "width"), [(600, 600), (100, 200)])
def test_no_face(height: int, width: int) -> None:
    """A large or a long image without a found face is skipped."""
    assert apply([], height, width) == (None, "no face found")


def test_the_detector_sees_a_border() -> None:
    """The detector gets the image with a border, without which it misses tight crops."""
    seen: list[Image] = []
    single_face(lambda pixels: seen.append(pixels) or ())(np.zeros((100, 80, 3), np.uint8))  # type: ignore[func-returns-value]
    assert seen[0].shape == (150, 130, 3)
