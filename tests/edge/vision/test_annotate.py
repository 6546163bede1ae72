"""Drawing what the models saw."""

from __future__ import annotations

from edge.types import Box, Face, Observation
from edge.vision.annotate import annotated
from tests.support.images import noise

EYES = ((60.0, 60.0), (90.0, 60.0), (75.0, 75.0), (65.0, 95.0), (85.0, 95.0))


def test_drawing_leaves_the_frame_alone() -> None:
    """The frame may still be needed; the drawing is a copy."""
    image = noise()
    seen = Observation(Face(Box(40, 40, 70, 80), 0.9, EYES), (0.9, 0.05, 0.05), 100.0, 0)
    canvas = annotated(image, (seen,))
    assert (image == noise()).all()
    assert (canvas != image).any()
