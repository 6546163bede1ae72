"""The clip that comes with the package."""

from __future__ import annotations

from edge.system.image_files import decode_image
from training.workbench.builtin import CLIP_VIDEO, clip_picture


def test_a_picture_of_the_clip() -> None:
    """It can be read as any other picture, and the clip is there."""
    assert decode_image(clip_picture().data, "clip").shape == (480, 640, 3)
    assert CLIP_VIDEO.file.is_file()
