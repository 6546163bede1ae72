"""An image that a person can see does not show who it is."""

from __future__ import annotations

import numpy as np
import pytest

from edge.types import Box, Face
from edge.vision.anonymise import pixelate
from tests.support.images import noise, pixelated

EYES = ((60.0, 60.0), (90.0, 60.0), (75.0, 75.0), (65.0, 95.0), (85.0, 95.0))


@pytest.mark.parametrize("landmarks", [EYES, ()], ids=["with landmarks", "without"])
def test_eyes_and_forehead_become_squares(landmarks: tuple[tuple[float, float], ...]) -> None:
    """Each row of the band holds at most `SQUARES` colours; nose and mouth stay as they are."""
    image, original = noise(), noise()
    pixelate(image, Face(Box(40, 40, 70, 80), 0.9, landmarks))
    assert pixelated(image, range(40, 66), slice(40, 110))
    assert (image[85:] == original[85:]).all()


def test_no_original_pixel_stays_in_the_band() -> None:
    """Squares are means, not samples of the face."""
    image, original = noise(), noise()
    pixelate(image, Face(Box(40, 40, 70, 80), 0.9, EYES))
    band = np.s_[40:66, 40:110]
    assert np.mean((image[band] == original[band]).all(axis=2)) < 0.01


@pytest.mark.parametrize("box", [Box(-30, -30, 60, 60), Box(150, 150, 60, 60), Box(300, 300, 20, 20)])
def test_a_face_at_the_edge_is_no_trouble(box: Box) -> None:
    """What is inside is pixelated, what is outside is not there."""
    pixelate(noise(), Face(box, 0.9))
