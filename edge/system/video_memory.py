"""How much memory FFmpeg takes for a frame of a video, bounded before the frame is decoded.

A stream may change its size at any frame. OpenCV hands no options to FFmpeg's decoders, so that their limit
of pixels cannot be set. FFmpeg's limit for one piece of memory can: each plane of a frame is one piece, and
the first plane has a byte for each pixel at least.
"""

from __future__ import annotations

import ctypes
import os
import threading
from pathlib import Path

BYTES_A_PIXEL = 16
"""The most that FFmpeg takes in one piece for a frame: an encoder's packet. A decoded one takes 8 at most."""

_EDGES = 1.1
"""Decoders make a plane larger than its picture: each row and the number of rows are rounded up."""

_MAPS = Path("/proc/self/maps")


class VideoMemory:
    """The largest piece of memory that FFmpeg may take in this process; it grows with what is allowed.

    Attributes:
        megapixels: What a frame may have whose size was not known when its video was opened.
    """

    def __init__(self) -> None:
        """Changes nothing before something is allowed."""
        self.megapixels = 0.0
        self._most = 0
        self._lock = threading.Lock()

    def allow_later_frames(self, megapixels: float) -> None:
        """Allows frames up to a number of pixels, of whatever video is read."""
        self.megapixels = max(self.megapixels, megapixels)
        self._allow(round(megapixels * 1e6 * _EDGES))

    def allow_frames_of(self, size: tuple[int, int]) -> None:
        """Allows the frames of a video whose size, width and height in pixels, was found to be right."""
        self._allow(BYTES_A_PIXEL * size[0] * size[1])

    def _allow(self, most: int) -> None:
        with self._lock:
            if most <= self._most:
                return
            self._most = most
            for library in _libraries():
                library.av_max_alloc(ctypes.c_size_t(most))


def _libraries() -> list[ctypes.CDLL]:
    """FFmpeg's `libavutil` as this process has it loaded; none where OpenCV was built in another way."""
    # The name of a model that is in memory, too, may have any bytes.
    lines = os.fsdecode(_MAPS.read_bytes()).splitlines()
    paths = {line[line.index("/") :] for line in lines if "/libavutil" in line}
    return [ctypes.CDLL(path) for path in sorted(paths)]


video_memory = VideoMemory()
