"""Where frames come from: recordings and image folders, USB and network cameras, the Pi's own."""

from __future__ import annotations

import re
from pathlib import Path

from edge.camera.images import ImageReader
from edge.camera.live import LiveSource, Timeouts, stuck
from edge.camera.picamera2 import PiCamera, require_package
from edge.camera.recording import FrameReader, Playback, Recording, VideoReader
from edge.camera.video_capture import open_rtsp, open_usb, without_secrets
from edge.config import CameraConfig as Settings
from edge.errors import SourceError
from edge.pipeline.ports import FrameSource
from edge.system.clock import Clock, SystemClock
from edge.system.image_files import IMAGE_SUFFIXES, read_image
from edge.system.native_output import prepare_opencv

__all__ = ["IMAGE_SUFFIXES", "open_recording", "open_source", "read_image", "stuck"]


def open_source(
    settings: Settings, start_wall: float, preview_side: int, clock: Clock | None = None
) -> FrameSource:
    """Opens the source that the configuration names.

    Args:
        settings: The camera section of the configuration.
        start_wall: Unix time of a recording's first moment; live sources have their own.
        preview_side: Long side in pixels of the preview that a Pi camera makes: what the detector
            scales frames down to.
        clock: The clocks to go by.

    Raises:
        SourceError: A recording cannot be read, or the source is of no known kind. A camera that is
            not there raises nothing: its source yields `Blind` until it comes.
    """
    prepare_opencv()
    clock = clock or SystemClock()
    timeouts = Timeouts(settings.max_age_s, settings.retry_s)
    source = settings.source
    if match := re.fullmatch(r"picamera2(?::(\d+))?", source):
        require_package()
        index = int(match[1] or 0)
        return LiveSource(
            f"camera {index}", lambda: PiCamera(index, settings, preview_side, clock), timeouts, clock
        )
    if source.isdecimal() or source.startswith("/dev/"):
        device = f"/dev/video{source}" if source.isdecimal() else source
        return LiveSource(device, lambda: open_usb(device, settings, clock), timeouts, clock)
    if re.match(r"rtsps?://", source, re.IGNORECASE):
        return LiveSource(
            without_secrets(source), lambda: open_rtsp(source, settings, clock), timeouts, clock
        )
    return open_recording(settings, start_wall, clock)


def open_recording(settings: Settings, start_wall: float, clock: Clock | None = None) -> Recording:
    """Opens a video, a GIF, an image or a folder of images; never a camera, whatever the path.

    Args:
        settings: The camera section of the configuration.
        start_wall: Unix time of the recording's first moment.
        clock: The clocks to go by.

    Raises:
        SourceError: It cannot be read.
    """
    playback = Playback(settings.pace == "realtime", start_wall, settings.rotation)
    return Recording(_open_reader(settings.source, settings.fps), playback, clock or SystemClock())


def _open_reader(source: str, fps: float) -> FrameReader:
    """A recording's reader, by what lies at the path."""
    if "://" in source:
        raise SourceError(
            f"{without_secrets(source)} is no source that is known: use picamera2, /dev/videoN, an "
            "rtsp:// address, a video file or a folder of images"
        )
    path = Path(source).expanduser()
    if path.is_dir():
        return ImageReader.of_folder(path, fps)
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return ImageReader((path,), fps)
    return VideoReader(path)
