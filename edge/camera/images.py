"""A folder of images as a recording."""

from __future__ import annotations

from pathlib import Path

from edge.errors import SourceError
from edge.system.image_files import IMAGE_SUFFIXES, read_image
from edge.types import Image


class ImageReader:
    """Images in the order of their names, a fixed step apart."""

    def __init__(self, files: tuple[Path, ...], fps: float) -> None:
        self._files = files
        self._fps = fps
        self._index = 0

    @classmethod
    def of_folder(cls, folder: Path, fps: float) -> ImageReader:
        """The images directly in a folder.

        Raises:
            SourceError: There are none, or the folder cannot be read.
        """
        try:
            files = sorted(file for file in folder.iterdir() if file.suffix.lower() in IMAGE_SUFFIXES)
        except OSError as error:
            raise SourceError(f"{folder} cannot be read: {error.strerror}") from None
        if not files:
            raise SourceError(f"{folder} holds no images ({', '.join(sorted(IMAGE_SUFFIXES))})")
        return cls(tuple(files), fps)

    def next(self) -> tuple[Image, float] | None:
        """The next image and its time.

        Raises:
            SourceError: The image cannot be read.
        """
        if self._index == len(self._files):
            return None
        moment = self._index / self._fps
        image = read_image(self._files[self._index])
        self._index += 1
        return image, moment

    def close(self) -> None:
        """Nothing is held open."""
        self._index = len(self._files)
