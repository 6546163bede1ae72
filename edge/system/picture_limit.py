"""How large a picture or video frame may be that is decoded."""

from __future__ import annotations

from pathlib import Path

from edge.errors import SourceError
from edge.system.image_header import Size

USUAL_MEGAPIXELS = 50.0
_BYTES_A_PIXEL = 8


class PictureLimit:
    """The largest picture that this process decodes; set once, by the command line."""

    def __init__(self) -> None:
        self.megapixels = USUAL_MEGAPIXELS

    def allow(self, megapixels: float) -> None:
        """Sets the limit for all that this process reads."""
        self.megapixels = megapixels

    def check(self, file: Path | str, size: Size) -> None:
        """Refuses a picture or video that is too large.

        Raises:
            SourceError: It has more pixels.
        """
        width, height = size
        if width * height > self.megapixels * 1e6:
            raise SourceError(f"{file} has {width}x{height} pixels, {self._refusal(file)}")

    def check_bytes(self, file: Path) -> None:
        """Refuses a file with more bytes than a picture of that size can have; raises like `check`."""
        size = file.stat().st_size
        if size > self.megapixels * 1e6 * _BYTES_A_PIXEL:
            raise SourceError(f"{file} has {size} bytes, {self._refusal(file)}")

    def _refusal(self, file: Path | str) -> str:
        # What has a name alone came over the network: whoever sent it gave no options.
        advice = ", or raise --max-megapixels" if isinstance(file, Path) else ""
        return f"more than a picture of {self.megapixels:g} megapixels; make it smaller{advice}"


picture_limit = PictureLimit()
