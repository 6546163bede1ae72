"""Where drawn frames go: pictures in a folder, or an MP4."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import cv2

from edge.errors import ConfigError, StorageError
from edge.system.files import make_folder_of, replacing, write_atomic
from edge.system.native_output import prepare_opencv, without_native_chatter
from edge.system.native_path import native_path
from edge.system.video_memory import video_memory
from edge.types import Image

VIDEO = ".mp4"
OTHER_VIDEOS = frozenset({".avi", ".gif", ".m4v", ".mkv", ".mov", ".webm"})
CODEC = "mp4v"
"""MPEG-4 part 2: of the codecs of an MP4 the one that OpenCV's wheels encode on every platform."""

USUAL_FPS = 25.0
MOST_FPS = 120.0
LEAST_FPS = 1.0


class PictureOutput(Protocol):
    """Takes drawn frames in their order."""

    def write(self, picture: Image, moment: float, /) -> None:
        """Takes a picture and the media time that it shows in seconds; it may be changed afterwards.

        Raises:
            StorageError: It cannot be written.
        """


class PictureFolder:
    """JPEG files in a folder, numbered, with the name of the recording."""

    def __init__(self, folder: Path, stem: str) -> None:
        self._folder = folder
        self._stem = stem
        self._number = 0

    def write(self, picture: Image, _moment: float, /) -> None:
        """Writes a picture as a file of its own."""
        self._number += 1
        write_jpeg(self._folder / f"{self._stem}-{self._number:05d}.jpg", picture)


def write_jpeg(file: Path, picture: Image) -> None:
    """Writes a picture in one piece; makes its folder where it is missing.

    Raises:
        StorageError: It cannot be written, or is too large for a JPEG.
    """
    done, jpeg = cv2.imencode(".jpg", picture)
    if not done:
        raise StorageError(f"{file} cannot be written: the picture is too large for a JPEG")
    write_atomic(file, jpeg.tobytes())


class VideoFile:
    """An MP4 at the rate of its first two frames."""

    def __init__(self, name: str, file: Path) -> None:
        """`name`: where it is written to; `file`: what it is called in the end."""
        self._name = name
        self._file = file
        self._writer: cv2.VideoWriter | None = None
        self._first: tuple[Image, float] | None = None

    def write(self, picture: Image, moment: float, /) -> None:
        """Adds a picture."""
        if self._writer is not None:
            self._writer.write(picture)
        elif self._first is None:
            # Only the next one shows the rate.
            self._first = picture.copy(), moment
        else:
            first, began = self._first
            self._writer = self._open(first, 1 / max(moment - began, 1 / MOST_FPS))
            self._writer.write(picture)

    def finish(self) -> None:
        """Completes the file.

        Raises:
            StorageError: What was written is no video, as on a full disk.
        """
        if self._writer is None and self._first is not None:
            self._writer = self._open(self._first[0], USUAL_FPS)
        self.close()
        # The writer does not say whether the disk took what it wrote.
        written = cv2.VideoCapture(self._name, cv2.CAP_FFMPEG)
        whole = written.isOpened()
        written.release()
        if not whole:
            raise StorageError(f"{self._file} cannot be written whole; look whether its disk is full")

    def close(self) -> None:
        """Lets the file go, complete or not."""
        if self._writer is not None:
            self._writer.release()

    def _open(self, first: Image, fps: float) -> cv2.VideoWriter:
        prepare_opencv()
        height, width = first.shape[:2]
        video_memory.allow_frames_of((width, height))
        code = cv2.VideoWriter.fourcc(*CODEC)
        with without_native_chatter():
            writer = cv2.VideoWriter(
                self._name, cv2.CAP_FFMPEG, code, max(fps, LEAST_FPS), (width, height), True
            )
        if not writer.isOpened():
            raise StorageError(
                f"{self._file} cannot be written: this OpenCV has no encoder for {width}x{height} MP4 video; "
                "name a folder, which gets a picture for each frame"
            )
        writer.write(first)
        return writer


@contextmanager
def picture_output(path: Path, stem: str) -> Iterator[PictureOutput]:
    """An output for one recording; an MP4 is there whole at the end, or not at all.

    Args:
        path: A file that ends with `.mp4`, or a folder.
        stem: What files in the folder begin with.

    Raises:
        StorageError: It cannot be written.
    """
    if path.suffix.lower() != VIDEO:
        yield PictureFolder(path, stem)
        return
    make_folder_of(path)
    with replacing(path) as partial, native_path(partial) as name:
        video = VideoFile(name, path)
        try:
            yield video
            video.finish()
        finally:
            video.close()


def check_output(path: Path, recordings: tuple[Path, ...]) -> None:
    """Refuses an output that cannot be meant.

    Raises:
        ConfigError: It is a video of another kind, one file for several recordings, or a recording itself.
    """
    if path.suffix.lower() in OTHER_VIDEOS:
        raise ConfigError(
            f"--annotate: {path} would not be an MP4; name a file that ends with .mp4, or a folder"
        )
    if path.suffix.lower() == VIDEO and len(recordings) > 1:
        raise ConfigError("--annotate: one MP4 holds one recording; name a folder for several")
    if any(path.resolve() == recording.resolve() for recording in recordings):
        raise ConfigError(f"--annotate: {path} is the recording itself; name another place")
