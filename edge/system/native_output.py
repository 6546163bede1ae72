"""Keeping native libraries off standard error: what goes wrong is raised as one sentence."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import cv2

from edge.system.picture_limit import USUAL_MEGAPIXELS
from edge.system.video_memory import video_memory

# `LOG_LEVEL_SILENT` of OpenCV's `utils/logger.defines.hpp`.
_SILENT = 0
_redirected = threading.Lock()


@cache
def quiet_opencv() -> None:
    """Silences OpenCV's own log."""
    # OpenCV 5 moved the function; the type stubs of either know only their own.
    namespace = cast(Any, cv2)
    holder = namespace if hasattr(cv2, "setLogLevel") else namespace.utils.logging
    cast(Callable[[int], object], holder.setLogLevel)(_SILENT)


@contextmanager
def without_native_chatter() -> Iterator[None]:
    """Sends standard error's descriptor nowhere for a moment.

    TFLite's runtime announces its delegate there and has no switch for it. Not for use while other
    threads have something to say.
    """
    # One at a time: a second thread would keep the way to nowhere as the one to return to.
    with _redirected:
        sys.stderr.flush()
        kept = os.dup(2)
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, 2)
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            os.close(nowhere)


# `AV_LOG_QUIET` of FFmpeg's `libavutil/log.h`.
_FFMPEG_QUIET = "-8"


@cache
def prepare_opencv() -> None:
    """Sets OpenCV up: silent, with bounded frames, network cameras over TCP, USB cameras waited for 2 s only.

    What goes wrong is raised as one sentence. Over UDP, FFmpeg gives half pictures whenever a packet
    is lost.
    """
    # Source: OpenCV's modules/videoio/src/cap_v4l.cpp.
    os.environ.setdefault("OPENCV_VIDEOIO_V4L_SELECT_TIMEOUT", "2")
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", _FFMPEG_QUIET)
    os.environ.setdefault("OPENCV_FFMPEG_CAPTURE_OPTIONS", "rtsp_transport;tcp")
    video_memory.allow_later_frames(USUAL_MEGAPIXELS)
    quiet_opencv()
