"""Videos that are played through the daemon's line, in a thread each, for the page that sent them."""

from __future__ import annotations

import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2

from edge.errors import ConfigError, MaskGateError, SourceError
from edge.replay.timeline import Timeline, TimelineStoppedError
from edge.system.video_files import open_video
from training.workbench.models import TriedModel

MOST_WAITING = 4
"""Videos that wait to be played; the oldest is deleted when there are more."""


@dataclass(frozen=True, slots=True)
class WaitingVideo:
    """A video that was sent: what people call it, and its file."""

    name: str
    file: Path


class VideoShelf:
    """Videos between the request that brought them and the page that plays them. For several threads."""

    def __init__(self, folder: Path) -> None:
        """`folder`: where their files are; what was left there by an earlier process is deleted."""
        self.folder = folder
        self._waiting: dict[str, WaitingVideo] = {}
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.iterdir():
            left.unlink()

    def place(self, name: str) -> WaitingVideo:
        """Where a video is to be written that its sender calls so."""
        # Its ending decides how a recording is read.
        suffix = Path(name).suffix
        ending = suffix if re.fullmatch(r"\.[A-Za-z0-9]{1,7}", suffix) else ""
        return WaitingVideo(name, self.folder / f"{secrets.token_hex(16)}{ending}")

    def put(self, video: WaitingVideo) -> str:
        """Keeps a video that was written; returns the key under which it can be taken, once."""
        key = video.file.stem
        with self._lock:
            self._waiting[key] = video
            while len(self._waiting) > MOST_WAITING:
                self._waiting.pop(next(iter(self._waiting))).file.unlink(missing_ok=True)
        return key

    @contextmanager
    def taken(self, key: str) -> Iterator[WaitingVideo]:
        """A video, whose file is deleted at the end of the block.

        Raises:
            ConfigError: There is none of that key.
        """
        with self._lock:
            video = self._waiting.pop(key, None)
        if video is None:
            raise ConfigError("the video was played before; send it again")
        try:
            yield video
        finally:
            video.file.unlink(missing_ok=True)


class VideoPlayback:
    """One video on its way through a model; what a page asks for while a thread plays it."""

    def __init__(self, video: WaitingVideo, model: TriedModel) -> None:
        self.video = video
        self.model = model
        self.length_s = _length_s(video.file)
        self.at_s = 0.0
        self._stopped = threading.Event()

    def run(self) -> Timeline | None:
        """Plays it to its end; None where it was stopped.

        Raises:
            SourceError: It cannot be read.
        """
        try:
            return self.model.play(self.video.file, self._go_on)
        except TimelineStoppedError:
            return None
        except MaskGateError as error:
            # The file's own name says nothing to who sent it.
            raise type(error)(str(error).replace(str(self.video.file), self.video.name)) from None

    def stop(self) -> None:
        """Has it end before the next frame."""
        self._stopped.set()

    def _go_on(self, at_s: float) -> bool:
        self.at_s = at_s
        return not self._stopped.is_set()


def _length_s(file: Path) -> float:
    """How long a video says it is, in seconds; 0 where it does not."""
    try:
        capture = open_video(file)
    except SourceError:
        return 0.0
    rate, frames = capture.get(cv2.CAP_PROP_FPS), capture.get(cv2.CAP_PROP_FRAME_COUNT)
    capture.release()
    return frames / rate if rate > 0 and frames > 0 else 0.0
