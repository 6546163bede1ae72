"""What all users of OpenCV's readers here share: their set-up, and turning a picture."""

from __future__ import annotations

import os
from functools import cache
from typing import cast

import cv2

from edge.quiet import quiet_opencv
from edge.types import Image

ROTATIONS = {
    90: cv2.ROTATE_90_CLOCKWISE,
    180: cv2.ROTATE_180,
    270: cv2.ROTATE_90_COUNTERCLOCKWISE,
}

_FFMPEG_QUIET = "-8"


@cache
def prepare() -> None:
    """Sets OpenCV's readers up: silent, and network cameras over TCP.

    What goes wrong is raised as one sentence. Over UDP, FFmpeg gives half pictures whenever a packet
    is lost.
    """
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    quiet_opencv()


def rotated(image: Image, degrees: int, out: Image | None = None) -> Image:
    """Turns a picture clockwise by a multiple of 90 degrees.

    Returns:
        `image` itself for 0; else the turned picture, in `out` where that has the right shape.
    """
    if degrees == 0:
        return image
    return cast(Image, cv2.rotate(image, ROTATIONS[degrees], dst=out))
