"""Recordings: every frame in order, with media time, paced or as fast as possible."""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, cast

import cv2

from edge.camera.opencv import rotated
from edge.errors import SourceError
from edge.system.clock import Clock
from edge.system.image_files import check_header
from edge.system.video_files import open_video
from edge.system.video_memory import video_memory
from edge.types import Frame, Image, NotDue

log = logging.getLogger(__name__)

LONGEST_SLEEP_S = 0.5
"""So often a recording yields while its next frame is far off."""

BETWEEN_PLAYS_S = 2.0
"""Without pictures, so that nobody at the end of a recording is somebody at its beginning."""

FALLBACK_FPS = 25.0
MOST_FPS = 1000.0
MOST_ANIMATION_FRAMES = 10_000
"""A GIF or animated PNG can hold frames without number in few bytes."""

_FRAMES_BEHIND = 16
"""So many are tried behind one that could not be decoded, on which the next may depend."""

_JPEG_START = b"\xff\xd8\xff"
_FIRST_MPEG_CODE = 0x80
_RAW_START = 64


class FrameReader(Protocol):
    """The decoded side of a recording."""

    def next(self) -> tuple[Image, float] | None:
        """The next picture and its media time in seconds, None at the end.

        The picture may be overwritten by the next call.
        """

    def close(self) -> None:
        """Gives the file back."""


class RepeatedReader:
    """A reader that begins anew at its end; its times go on."""

    def __init__(self, opener: Callable[[], FrameReader]) -> None:
        """Opens a reader, and another one whenever that has come to its end."""
        self._opener = opener
        self._reader = opener()
        self._began = self._moment = 0.0

    def next(self) -> tuple[Image, float] | None:
        """The next picture; None where there is none even at the beginning."""
        found = self._reader.next()
        if found is None:
            self._reader.close()
            self._reader = self._opener()
            self._began = self._moment + BETWEEN_PLAYS_S
            found = self._reader.next()
        if found is None:
            return None
        image, moment = found
        self._moment = self._began + moment
        return image, self._moment

    def close(self) -> None:
        """Gives the file back."""
        self._reader.close()


@dataclass(frozen=True, slots=True)
class Playback:
    """How a recording is played: pace, the Unix time of its first moment, degrees clockwise."""

    realtime: bool
    start_wall: float
    rotation: int


class Recording:
    """A frame source over a reader. A frame's pixels hold until the next frame is asked for."""

    busy_s, given_up = 0.0, ""
    """It is read on its reader's own thread, and ends by itself."""

    def __init__(self, reader: FrameReader, playback: Playback, clock: Clock) -> None:
        self._reader = reader
        self._playback = playback
        self._clock = clock
        self._rotated: Image | None = None
        self._closed = False
        # Releasing a decoder while another thread reads from it crashes the process.
        self._lock = threading.RLock()

    def __iter__(self) -> Iterator[Frame | NotDue]:
        begin = self._clock.monotonic()
        index = 0
        while (step := self._next()) is not None:
            image, moment = step
            # Against the beginning and not the frame before, so that delays do not add up.
            if self._playback.realtime:
                yield from self._sleep_until(begin + moment)
            if self._closed:
                return
            yield Frame(index, self._rotate(image), moment, self._playback.start_wall + moment)
            index += 1

    def rest(self, resting: bool) -> None:
        """Changes nothing: every frame is given."""

    def close(self) -> None:
        """Ends the iteration and closes the file."""
        self._closed = True
        with self._lock:
            self._reader.close()

    def _next(self) -> tuple[Image, float] | None:
        with self._lock:
            return None if self._closed else self._reader.next()

    def _rotate(self, image: Image) -> Image:
        if self._playback.rotation == 0:
            return image
        self._rotated = rotated(image, self._playback.rotation, self._rotated)
        return self._rotated

    def _sleep_until(self, due: float) -> Iterator[NotDue]:
        while not self._closed and (left := due - self._clock.monotonic()) > 0:
            self._clock.sleep(min(left, LONGEST_SLEEP_S))
            if left > LONGEST_SLEEP_S and not self._closed:
                yield NotDue()


class VideoReader:
    """A video or GIF through OpenCV's FFmpeg reader, decoded into one buffer.

    Attributes:
        raw: Whether it is a bare stream, which holds no times.
    """

    def __init__(self, file: Path, raw_fps: float = FALLBACK_FPS) -> None:
        """Opens the file and decodes its first frame.

        Args:
            file: The video.
            raw_fps: Frames a second of a raw stream, which holds no times.

        Raises:
            SourceError: It is missing, no video, or has no frames.
        """
        self._file = file
        self._frames_left = MOST_ANIMATION_FRAMES if check_header(file) else math.inf
        self._capture = open_video(file)
        self.raw = is_raw_stream(file)
        self._step = 1 / (raw_fps if self.raw else _rate(self._capture))
        self._moment = -self._step
        self._buffer: Image | None = None
        # The first frame is decoded here: a video without any is an error of opening it.
        if not self._read():
            self._capture.release()
            raise SourceError(f"{file} holds no frames that can be decoded")
        self._waiting, self._ended = True, False
        self._length_s = 0.0 if self.raw else _length(self._capture, self._step)

    def next(self) -> tuple[Image, float] | None:
        """The next frame and its media time."""
        if self._waiting or self._read():
            self._waiting = False
            return cast(Image, self._buffer), self._moment
        if not self._ended:
            self._ended = True
            self._tell_of_early_end()
        return None

    def close(self) -> None:
        """Gives the decoder back."""
        self._waiting = False
        self._ended = True
        self._capture.release()

    def _tell_of_early_end(self) -> None:
        """Tells of an end before that of the file, where the reader or the container's length shows it."""
        # It stopped at a frame, of which it has read the packet, or there are others behind.
        stopped = self._capture.get(cv2.CAP_PROP_LRF_HAS_KEY_FRAME) > 0 or any(
            self._capture.grab() for _ in range(_FRAMES_BEHIND)
        )
        # Frame counts of containers are estimates; a tenth less is a file that was cut off.
        if not stopped and self._moment + self._step >= 0.9 * self._length_s:
            return
        length = f" of its {self._length_s:.1f} s" if self._length_s > 0 else ""
        most = f"{video_memory.megapixels:g} megapixels"
        log.warning(
            f"{self._file} ends at {self._moment:.1f} s{length}; "
            f"what follows is missing, is damaged, or has more than {most}"
        )

    def _read(self) -> bool:
        ok, pixels = self._capture.read(self._buffer)
        if not ok:
            return False
        self._frames_left -= 1
        if self._frames_left < 0:
            raise SourceError(
                f"{self._file} has more than {MOST_ANIMATION_FRAMES} frames; make a video of it"
            )
        self._buffer = cast(Image, pixels)
        # FFmpeg makes times up for a raw stream, at its own rate.
        stamp = math.nan if self.raw else self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
        self._moment = _later(stamp, self._moment, self._step)
        return True


def is_raw_stream(file: Path) -> bool:
    """Whether a file is a bare stream of H.264, H.265 or motion JPEG, as `rpicam-vid -o x.h264` writes it.

    Such a stream has no container and so no times. Sources: ITU-T H.264 and H.265, annex B; T.81, B.2.1.
    """
    try:
        with file.open("rb") as stream:
            start = stream.read(_RAW_START)
    except OSError:
        return False
    if start.startswith(_JPEG_START):
        return True
    code = start.lstrip(b"\0")
    zeros = len(start) - len(code)
    # The first bit of a unit is zero; where it is one, this is MPEG-1 or 2, which have times or a rate.
    return zeros >= 2 and len(code) > 1 and code[0] == 1 and code[1] < _FIRST_MPEG_CODE


def _rate(capture: cv2.VideoCapture) -> float:
    """Frames a second; a damaged header gives none, or more than any camera has."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if 0 < fps <= MOST_FPS else FALLBACK_FPS


def _length(capture: cv2.VideoCapture, step: float) -> float:
    """Seconds from the first frame, which was just read, to the end that the container tells.

    A container may tell the time of its end, which is no length where its times begin late.
    """
    length = capture.get(cv2.CAP_PROP_FRAME_COUNT) * step
    # The frame's own time, counted in frames. Before OpenCV 4.11 nothing tells it: the start counts as zero.
    start = capture.get(getattr(cv2, "CAP_PROP_PTS", -1)) * step
    return length - start if math.isfinite(start) and start > 0 else length


def _later(moment: float, last: float, step: float) -> float:
    """A frame's time, or one step after the last where the container gives none or goes back."""
    return max(0.0, moment) if math.isfinite(moment) and max(0.0, moment) > last else last + step
