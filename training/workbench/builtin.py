"""The clip that comes with the package, for a first try."""

from __future__ import annotations

import cv2

from edge.demo import CLIP
from edge.errors import SourceError
from edge.web.uploads import Upload
from training.workbench.videos import WaitingVideo

CLIP_VIDEO = WaitingVideo("the built-in clip", CLIP)
AT_FRAME = 75
"""Two people can be seen in it, one with a mask and one without."""


def clip_picture() -> Upload:
    """A picture of the clip.

    Raises:
        SourceError: It cannot be read.
    """
    capture = cv2.VideoCapture(str(CLIP), cv2.CAP_FFMPEG)
    try:
        for _ in range(AT_FRAME):
            capture.grab()
        found, pixels = capture.read()
    finally:
        capture.release()
    if not found:
        raise SourceError(f"{CLIP} cannot be read; install the package again")
    _, jpeg = cv2.imencode(".jpg", pixels)
    return Upload("a picture of the built-in clip", jpeg.tobytes())
