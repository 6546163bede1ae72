"""Opening video files: with FFmpeg, quietly, and of a size that a machine can hold."""

from __future__ import annotations

from pathlib import Path

import cv2

from edge.errors import SourceError
from edge.system.native_output import prepare_opencv
from edge.system.native_path import native_path
from edge.system.picture_limit import picture_limit
from edge.system.video_memory import video_memory


def open_video(file: Path) -> cv2.VideoCapture:
    """Opens a video, with the limit of pixels set for all of its frames.

    With FFmpeg only: OpenCV's other readers would take a name with digits for a pattern.

    Raises:
        SourceError: It cannot be decoded, or its frames are too large.
    """
    prepare_opencv()
    video_memory.allow_later_frames(picture_limit.megapixels)
    with native_path(file) as name:
        capture = cv2.VideoCapture(name, cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise SourceError(f"{file} is not a video that can be decoded, or it is damaged")
    picture_limit.check(file, frame_size(capture))
    video_memory.allow_frames_of(frame_size(capture))
    return capture


def frame_size(capture: cv2.VideoCapture) -> tuple[int, int]:
    """Width and height in pixels that an open video or camera says its frames have."""
    return round(capture.get(cv2.CAP_PROP_FRAME_WIDTH)), round(capture.get(cv2.CAP_PROP_FRAME_HEIGHT))
