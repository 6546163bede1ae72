"""A folder of images as a recording."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

from edge.errors import SourceError
from edge.system.image_files import pictures_in, read_image
from edge.types import Image

log = logging.getLogger(__name__)

OnSkip = Callable[[SourceError], None]
"""Is told of each picture that is passed over because it cannot be read."""


def log_skip(error: SourceError) -> None:
    """Says in the log what was passed over."""
    log.warning("%s; it is passed over", error)


class ImageReader:
    """Images in the order of their names, a fixed step apart; one that cannot be read is passed over."""

    def __init__(self, files: tuple[Path, ...], fps: float, on_skip: OnSkip = log_skip) -> None:
        self._files = files
        self._fps = fps
        self._on_skip = on_skip
        self._index = 0
        self._read = 0

    @classmethod
    def of_folder(cls, folder: Path, fps: float, on_skip: OnSkip = log_skip) -> ImageReader:
        """The images directly in a folder.

        Raises:
            SourceError: There are none, or the folder cannot be read.
        """
        return cls(pictures_in(folder), fps, on_skip)

    def next(self) -> tuple[Image, float] | None:
        """The next image and its time.

        Raises:
            SourceError: It is the only one and cannot be read, or none of them could be.
        """
        while self._index < len(self._files):
            file, moment = self._files[self._index], self._index / self._fps
            self._index += 1
            try:
                image = read_image(file)
            except SourceError as error:
                if len(self._files) == 1:
                    raise
                self._on_skip(error)
                continue
            self._read += 1
            return image, moment
        if self._files and not self._read:
            raise SourceError(f"none of the {len(self._files)} images in {self._files[0].parent} can be read")
        return None

    def close(self) -> None:
        """Nothing is held open."""
        self._files = ()
