"""Drawing what the models saw."""

from __future__ import annotations

from edge.types import Box, Face, FrameAnalysis, Observation
from edge.vision.annotate import annotated
from tests.support.images import noise, pixelated

EYES = ((60.0, 60.0), (90.0, 60.0), (75.0, 75.0), (65.0, 95.0), (85.0, 95.0))


def test_drawing_leaves_the_frame_alone() -> None:
    """The frame may still be needed; the drawing is a copy."""
    image = noise()
    seen = Observation(Face(Box(40, 40, 70, 80), 0.9, EYES), (0.9, 0.05, 0.05), 100.0, 0)
    canvas = annotated(image, FrameAnalysis((seen,), 0.0, 0.0))
    assert (image == noise()).all()
    assert (canvas != image).any()


def test_a_face_that_does_not_count_is_pixelated() -> None:
    """One of a low score has eyes all the same, and no word is written beside it."""
    face = Face(Box(40, 40, 70, 80), 0.3)
    canvas = annotated(noise(), FrameAnalysis((), 0.0, 0.0, uncounted=(face,)))
    assert pixelated(canvas, range(46, 78), slice(46, 104))
    assert (canvas[:, 120:] == noise()[:, 120:]).all()
