"""HEIC and AVIF pictures, through Pillow and its HEIF plugin where the extra `heif` is installed.

OpenCV reads no HEIC, and turns no AVIF as its file says.
"""

from __future__ import annotations

import io
import logging

import cv2
import numpy as np

from edge.types import Image

ADVICE = (
    "which is read where the extra `heif` is installed (requirements/training.txt holds it); "
    "else convert it to JPEG"
)
_FORMATS = ("HEIF", "AVIF")

log = logging.getLogger(__name__)


class NoHeifReaderError(ImportError):
    """The packages of the extra are not installed."""


def decode(data: bytes) -> Image | None:
    """A picture, turned as it says; None where it is damaged.

    Args:
        data: The file. Its size in pixels has been checked: Pillow's own limit does not count.

    Returns:
        (height, width, 3) BGR, 8 bits a channel.

    Raises:
        NoHeifReaderError: What reads it is not installed.
    """
    try:
        from PIL import Image as Pillow  # noqa: PLC0415 - an extra
        from PIL import ImageOps  # noqa: PLC0415

        _register()
    except ImportError:
        raise NoHeifReaderError from None
    Pillow.MAX_IMAGE_PIXELS = None
    try:
        with Pillow.open(io.BytesIO(data), formats=_FORMATS) as opened:
            picture = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, ValueError, RuntimeError, SyntaxError, EOFError) as error:
        log.debug("%s", error)
        return None
    return np.asarray(cv2.cvtColor(np.asarray(picture), cv2.COLOR_RGB2BGR))


def _register() -> None:
    """Has Pillow take HEIC; the plugin exists with and without an encoder, and either will do."""
    try:
        from pi_heif import register_heif_opener  # noqa: PLC0415
    except ImportError:
        from pillow_heif import register_heif_opener  # noqa: PLC0415
    register_heif_opener()
