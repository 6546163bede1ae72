"""USB and network cameras through OpenCV."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import cast

import cv2

from edge.camera.live import Camera, CapturedFrame
from edge.camera.opencv import rotated
from edge.camera.timestamps import DriverStamps, StreamStamps
from edge.config import CameraConfig as Settings
from edge.errors import SourceError
from edge.system.address import StreamAddress
from edge.system.clock import Clock
from edge.system.video_files import frame_size
from edge.system.video_memory import video_memory
from edge.types import Image

RTSP_OPEN_MS, RTSP_READ_MS = 5000, 3000


class CapturedCamera:
    """A camera behind `cv2.VideoCapture`."""

    def __init__(
        self, name: str, capture: cv2.VideoCapture, rotation: int, taken: Callable[[float], float]
    ) -> None:
        """Takes over an open capture; `taken` turns its stamps into capture times, in seconds."""
        self._name = name
        self._capture = capture
        self._rotation = rotation
        self._taken = taken
        self._raw: Image | None = None

    def capture(self, spare: CapturedFrame | None) -> CapturedFrame:
        """Reads the next picture.

        Raises:
            SourceError: The camera gives no more.
        """
        out = None if spare is None else spare.pixels
        ok, pixels = self._capture.read(self._raw if self._rotation else out)
        taken = self._taken(self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000)
        if not ok:
            raise SourceError(f"{self._name} stopped giving pictures")
        picture = cast(Image, pixels)
        if self._rotation == 0:
            return CapturedFrame(picture, None, taken)
        self._raw = picture
        return CapturedFrame(rotated(picture, self._rotation, out), None, taken)

    def skip(self) -> None:
        """Waits for the next picture; a USB camera's is not decoded.

        Raises:
            SourceError: The camera gives no more.
        """
        if not self._capture.grab():
            raise SourceError(f"{self._name} stopped giving pictures")

    def close(self) -> None:
        """Gives the device or connection back."""
        self._capture.release()


def open_usb(device: str, settings: Settings, clock: Clock) -> Camera:
    """Opens a V4L2 device for motion JPEG, which most USB cameras need for more than 640x480.

    Raises:
        SourceError: It is not there, not for this user, or in use.
    """
    capture = cv2.VideoCapture(device, cv2.CAP_V4L2)
    if not capture.isOpened():
        raise SourceError(_why_not(device))
    # Before the size: a V4L2 driver offers sizes for each format.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
    capture.set(cv2.CAP_PROP_FRAME_WIDTH, settings.width)
    capture.set(cv2.CAP_PROP_FRAME_HEIGHT, settings.height)
    capture.set(cv2.CAP_PROP_FPS, settings.fps)
    # Pictures that wait in the driver are only old.
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return CapturedCamera(device, capture, settings.rotation, DriverStamps(clock).taken)


def _why_not(device: str) -> str:
    if not Path(device).exists():
        return f"{device} is not there; is the camera plugged in?"
    if not os.access(device, os.R_OK | os.W_OK):
        return f"{device} is not open to this user; add the user to the group video"
    return f"{device} cannot be opened; another program may hold it, or it is not a camera"


def open_rtsp(url: str, settings: Settings, clock: Clock) -> Camera:
    """Connects to a network camera over TCP, decoding on one thread for the least delay.

    Raises:
        SourceError: It cannot be reached or gives no video. Only scheme and host are told.
        ConfigError: The address cannot be used; nothing of it is told.
    """
    address = StreamAddress.parse(url)
    options = [
        (cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, RTSP_OPEN_MS),
        (cv2.CAP_PROP_READ_TIMEOUT_MSEC, RTSP_READ_MS),
        (cv2.CAP_PROP_N_THREADS, 1),
    ]
    # FFmpeg knows its schemes in small letters only.
    url = address.scheme + url[len(address.scheme) :]
    try:
        capture = cv2.VideoCapture(url, cv2.CAP_FFMPEG, [value for option in options for value in option])
    except (cv2.error, ValueError):  # their texts may hold the address
        raise SourceError(f"{address} cannot be opened") from None
    if not capture.isOpened():
        raise SourceError(f"{address} cannot be reached, refuses, or gives no video")
    video_memory.allow_frames_of(frame_size(capture))
    return CapturedCamera(str(address), capture, settings.rotation, StreamStamps(clock).taken)
