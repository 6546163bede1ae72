"""Whole frames on which a bundle is tried: as the camera will give them, with people and with nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from itertools import islice

import numpy as np

from edge.bundle import golden_crop
from edge.camera import open_recording
from edge.config import CameraConfig
from edge.demo import CLIP
from edge.errors import SourceError
from edge.types import Box, Face, Frame, Image

CLIP_FRAMES = range(30, 150, 40)
"""Frames of the demo's clip, in which people come by."""

DRAWN_FACES = 4

_SIDES = (0.1, 0.4, 0.9)
"""Sides of the boxes that are cut from every frame, as shares of its shorter side."""


def proof_frames(camera: CameraConfig) -> Iterator[Frame]:
    """Frames of the demo's clip and drawn ones: in their own size, the camera's, and that on its side."""
    sizes = ((camera.width, camera.height), (camera.height, camera.width))
    shown = (view for picture in _pictures() for view in (picture, *(_scaled(picture, *to) for to in sizes)))
    for index, pixels in enumerate(shown):
        yield Frame(index, pixels, index / camera.fps, 0.0)


def boxes_in(frame: Frame) -> tuple[Face, ...]:
    """Boxes of all sizes, for the classifier where no face is found; the last reaches out of the frame."""
    width, height = frame.size
    sides = [share * min(width, height) for share in _SIDES]
    boxes = [Box((width - side) / 2, (height - side) / 2, side, side) for side in sides]
    boxes.append(Box(width - sides[1] / 2, height - sides[1] / 2, sides[1], sides[1]))
    return tuple(Face(box, 1.0, ()) for box in boxes)


def _pictures() -> Iterator[Image]:
    rng = np.random.default_rng(0)
    yield np.zeros((480, 640, 3), np.uint8)
    yield rng.integers(0, 256, (480, 640, 3), np.uint8)
    yield np.hstack([golden_crop(seed, 160, "face") for seed in range(DRAWN_FACES)])
    # The clip takes FFmpeg to read, which not every build of OpenCV has.
    with contextlib.suppress(SourceError):
        clip = open_recording(CameraConfig(source=str(CLIP), pace="fast"), 0.0)
        with contextlib.closing(clip):
            shown = (moment.pixels for moment in clip if isinstance(moment, Frame))
            for pixels in islice(shown, CLIP_FRAMES.start, CLIP_FRAMES.stop, CLIP_FRAMES.step):
                yield pixels.copy()


def _scaled(picture: Image, width: int, height: int) -> Image:
    """The nearest pixel each: what matters is the size."""
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    return np.ascontiguousarray(picture[rows][:, columns])
