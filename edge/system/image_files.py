"""Reading picture files: only whole ones, of a known kind, and of a size that a machine can hold."""

from __future__ import annotations

import logging
import mmap
from collections.abc import Sequence
from pathlib import Path
from typing import cast

import cv2
import numpy as np

from edge.errors import SourceError
from edge.system import heif_images, image_header
from edge.system.image_header import BMP, END_OF_IMAGE, JPEG, PNG, RIFF, START_OF_SCAN, STARTS_OF_FRAME
from edge.system.native_output import prepare_opencv, without_native_chatter
from edge.system.picture_limit import picture_limit
from edge.types import Image

log = logging.getLogger(__name__)

IMAGE_SUFFIXES = frozenset(
    {".avif", ".bmp", ".heic", ".heif", ".hif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"}
)
NAMED = 3
"""So many files that are no pictures are named; the others are counted."""

_CODED = (b"\xaa" * 1024, b"\xff\x00" * 1024)
_RESTARTS = ((), (0, 1, 2, 3, 4, 5, 6, 7), (4, 5, 6, 7, 0, 1, 2, 3))
_MORE_DATA = tuple(
    one + b"".join(bytes((0xFF, 0xD0 + number)) + one for number in restarts)
    for one in _CODED
    for restarts in _RESTARTS
)
"""What a decoder reads on in where coded data is missing, and passes over where it is whole.

With restart marks, without which it reads nothing after an interval, and which it takes from the one that
it waits for; long enough to get beyond blocks at the edge of which nothing is seen.
"""


def pictures_in(folder: Path) -> tuple[Path, ...]:
    """The pictures directly in a folder, by name. What else is there is logged in one line.

    Raises:
        SourceError: There are none, or the folder cannot be read.
    """
    try:
        entries = sorted(folder.iterdir())
    except OSError as error:
        raise SourceError(f"{folder} cannot be read: {error.strerror}") from None
    pictures: list[Path] = []
    others: list[Path] = []
    for entry in entries:
        (pictures if is_picture(entry) else others).append(entry)
    if not pictures:
        raise SourceError(f"{folder} holds no images ({', '.join(sorted(IMAGE_SUFFIXES))})")
    if others:
        log.warning("%s: left out what is no picture: %s", folder, _few(others))
    return tuple(pictures)


def is_picture(file: Path) -> bool:
    """Whether a file means to be a picture: named so, not hidden, no folder, and no link to nothing."""
    return file.suffix.lower() in IMAGE_SUFFIXES and not file.name.startswith(".") and file.is_file()


def _few(files: Sequence[Path]) -> str:
    named = ", ".join(file.name for file in files[:NAMED])
    return named if len(files) <= NAMED else f"{named} and {len(files) - NAMED} more"


def read_image(file: Path) -> Image:
    """Reads a picture, turned as its EXIF orientation says.

    Returns:
        (height, width, 3) BGR.

    Raises:
        SourceError: The file is missing, empty, cut short, too large or no picture.
    """
    return decode_image(_content(file), file)


def decode_image(data: bytes, name: Path | str) -> Image:
    """The picture in the bytes of a file, turned as its EXIF orientation says.

    Args:
        data: All of the file.
        name: What sentences call it.

    Returns:
        (height, width, 3) BGR.

    Raises:
        SourceError: It is cut short, too large or no picture.
    """
    prepare_opencv()
    size = image_header.size_of(data)
    if size is not None:
        picture_limit.check(name, size)
        data = _whole(name, data)
    try:
        image = None if size is None else _decoded(data)
    except heif_images.NoHeifReaderError:
        raise SourceError(f"{name} is a HEIC or AVIF picture, {heif_images.ADVICE}") from None
    if image is None:
        raise SourceError(f"{name} is damaged, or not a picture of a kind that can be read")
    return image


def check_header(file: Path) -> bool:
    """Refuses a recording that is a picture too large for memory, before FFmpeg decodes it to open it.

    Returns:
        Whether it is of a kind that can hold frames without number in few bytes.

    Raises:
        SourceError: It is missing, empty, no file, or too large.
    """
    if not file.exists():
        raise SourceError(f"{file} does not exist")
    if not file.is_file():
        raise SourceError(f"{file} is not a file; recordings are files or folders of images")
    if file.stat().st_size == 0:
        raise SourceError(f"{file} is empty")
    try:
        with file.open("rb") as source, mmap.mmap(source.fileno(), 0, access=mmap.ACCESS_READ) as data:
            size, animation = image_header.size_of(data), image_header.is_animation(data)
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from None
    if size is not None:
        picture_limit.check(file, size)
    return animation


def _content(file: Path) -> bytes:
    if file.exists() and not file.is_file():
        raise SourceError(f"{file} is not a file; name a picture or a folder of pictures")
    try:
        picture_limit.check_bytes(file)
        data = file.read_bytes()
    except SourceError:
        raise
    except OSError as error:
        raise SourceError(f"{file} cannot be read: {error.strerror}") from None
    if not data:
        raise SourceError(f"{file} is empty")
    return data


def _decoded(data: bytes) -> Image | None:
    if image_header.is_heif(data):
        return heif_images.decode(data)
    plain = np.frombuffer(image_header.without_colour_profile(data), np.uint8)
    try:
        return cast(Image | None, cv2.imdecode(plain, cv2.IMREAD_COLOR))
    except cv2.error:
        return None


def _whole(name: Path | str, data: bytes) -> bytes:
    """The bytes of a whole picture; OpenCV fills the rest of one that is cut with grey and calls it read."""
    if not cut_short(data):
        return data
    if data.startswith(JPEG) and (mended := with_end_mark(data)) is not None:
        log.warning("%s lacks its end mark; nothing else is missing", name)
        return mended
    raise SourceError(f"{name} is cut short: its end is missing; copy it again from where it came")


def cut_short(data: bytes) -> bool:
    """Whether a file ends before its own end mark; False for kinds that have none."""
    if data.startswith(JPEG):
        return all(marker != END_OF_IMAGE for marker, _ in image_header.jpeg_segments(data))
    if data.startswith(PNG):
        return not _png_ends(data)
    if data.startswith(RIFF):
        return len(data) < 8 + int.from_bytes(data[4:8], "little")
    if image_header.is_heif(data):
        return any(end > len(data) for _, _, end in image_header.boxes(data, 0, len(data)))
    if data.startswith(BMP):
        return len(data) < int.from_bytes(data[2:6], "little")
    return False


def with_end_mark(data: bytes) -> bytes | None:
    """A JPEG that lacks nothing but its end mark, with the mark; None where coded data is missing too.

    A decoder that is not satisfied reads on in whatever follows, and gives another picture.
    """
    if not _scans_are_complete(data):
        return None
    start, end = data.removesuffix(b"\xff"), bytes((0xFF, END_OF_IMAGE))
    with without_native_chatter():
        image, *others = (_decoded(start + more + end) for more in (b"", *_MORE_DATA))
    if image is None or not all(other is not None and np.array_equal(image, other) for other in others):
        return None
    return start + end


def _scans_are_complete(data: bytes) -> bool:
    """Whether the scans of a JPEG cover every coefficient of every component in full precision."""
    left: set[tuple[int, int]] = set()
    try:
        for marker, at in image_header.jpeg_segments(data):
            if marker in STARTS_OF_FRAME:
                components = data[at + 8 : at + 8 + 3 * data[at + 7] : 3]
                left = {(component, number) for component in components for number in range(64)}
            elif marker == START_OF_SCAN:
                left -= _settled(data, at)
    except (IndexError, ValueError):
        return False
    return not left


def _settled(data: bytes, at: int) -> set[tuple[int, int]]:
    """The components and coefficients that a scan brings to full precision."""
    end = at + 3 + 2 * data[at + 2]
    first, last, approximation = data[end : end + 3]
    if approximation & 0x0F:
        return set()
    return {(component, number) for component in data[at + 3 : end : 2] for number in range(first, last + 1)}


def _png_ends(data: bytes) -> bool:
    """Walks the chunks: four bytes of length, four of type, the content, four of checksum."""
    at = len(PNG)
    while at + 12 <= len(data):
        if data[at + 4 : at + 8] == b"IEND":
            return True
        at += 12 + int.from_bytes(data[at : at + 4], "big")
    return False
