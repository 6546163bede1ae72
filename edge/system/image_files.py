"""Reading a single image file."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from edge.errors import SourceError
from edge.system.native_output import prepare_opencv
from edge.types import Image

IMAGE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
_JPEG = b"\xff\xd8"
_PNG = b"\x89PNG\r\n\x1a\n"
_RIFF = b"RIFF"
_BMP = b"BM"
# ITU-T T.81, table B.1: 01 and D0 to D8 have no length; 00 is a stuffed byte, and FF fills.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
_END_OF_IMAGE = b"\xd9"


def read_image(file: Path) -> Image:
    """Reads a picture, turned as its EXIF orientation says.

    Returns:
        (height, width, 3) BGR.

    Raises:
        SourceError: The file is missing, empty, cut short or no picture.
    """
    prepare_opencv()
    if file.exists() and not file.is_file():
        raise SourceError(f"{file} is not a file; name a picture or a folder of pictures")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from None
    if not data:
        raise SourceError(f"{file} is empty")
    # OpenCV fills the rest of such a picture with grey and calls it read.
    if cut_short(data):
        raise SourceError(f"{file} is cut short: its end is missing; copy it again from where it came")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:
        image = None
    if image is None:
        raise SourceError(f"{file} is damaged, or not a picture of a kind that can be read")
    return cast(Image, image)


def cut_short(data: bytes) -> bool:
    """Whether a JPEG, PNG, WebP or BMP file ends before its own end mark; False for other kinds."""
    if data.startswith(_JPEG):
        return not _jpeg_ends(data)
    if data.startswith(_PNG):
        return not _png_ends(data)
    if data.startswith(_RIFF):
        # The size in a RIFF header leaves out the header's own 8 bytes.
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if data.startswith(_BMP):
        return len(data) < int.from_bytes(data[2:6], "little")
    return False


def _jpeg_ends(data: bytes) -> bool:
    """Walks the segments, so that the end mark of an embedded thumbnail does not count.

    Source: ITU-T T.81, annex B; inside coded data FF is followed by 00 or a restart marker.
    """
    marker = _MARKER.search(data, len(_JPEG))
    while marker is not None and marker[1] != _END_OF_IMAGE:
        length = int.from_bytes(data[marker.end() : marker.end() + 2], "big")
        marker = _MARKER.search(data, marker.end() + length)
    return marker is not None


def _png_ends(data: bytes) -> bool:
    """Walks the chunks: four bytes of length, four of type, the content, four of checksum."""
    at = len(_PNG)
    while at + 12 <= len(data):
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return False
