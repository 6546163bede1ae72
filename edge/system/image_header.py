"""What the first bytes of a picture say: its kind, and its size before anything is decoded.

Sources: ITU-T T.81, annex B; PNG 1.2; GIF89a; RFC 9649 (WebP); TIFF 6.0; BITMAPINFOHEADER; ISO 14496-12.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from mmap import mmap

Data = bytes | mmap
Size = tuple[int, int]
"""Width and height in pixels."""

END_OF_IMAGE = 0xD9
START_OF_SCAN = 0xDA
STARTS_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
JPEG, PNG, RIFF, BMP = b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM"
HEIF_BRANDS = (b"heic", b"heix", b"hevc", b"heim", b"heis", b"mif1", b"msf1", b"avif", b"avis")

_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd8\xff])", re.DOTALL)
_WIDTH, _HEIGHT, _TILE_WIDTH, _TILE_HEIGHT = _SIDES = 256, 257, 322, 323
_SHORT, _LONG, _LONG8 = 3, 4, 16
_MOST_BOXES = 10_000
_FLAGS, _ANIMATION = 20, 0x02
"""Place of the flags of an extended WebP, and the one for several frames."""
_VERSION = 4
"""Bytes of version and flags with which some boxes begin."""


def size_of(data: Data) -> Size | None:
    """Width and height of a picture; None where it is of no kind that is read here, or damaged."""
    if is_heif(data):
        return _heif(data)
    for start, read in _READERS.items():
        if data[: len(start)] == start:
            try:
                return read(data)
            except (struct.error, IndexError):
                return None
    return None


def is_animation(data: Data) -> bool:
    """Whether a picture may hold many frames in few bytes: a GIF, or a PNG."""
    return data[:4] == b"GIF8" or data[: len(PNG)] == PNG


def is_animated(data: Data) -> bool:
    """Whether a WebP or PNG says that it holds several frames, of which a decoder gives the first only."""
    if data[:4] == RIFF:
        return data[8:16] == b"WEBPVP8X" and len(data) > _FLAGS and bool(data[_FLAGS] & _ANIMATION)
    return any(kind == b"acTL" for kind, _, _ in _chunks_before_pixels(data))


def without_colour_profile(data: bytes) -> bytes:
    """A PNG without its ICC profile, which OpenCV does not use; of an odd one libpng complains aloud."""
    for kind, start, end in _chunks_before_pixels(data):
        if kind == b"iCCP":
            return data[:start] + data[end:]
    return data


def _chunks_before_pixels(data: Data) -> Iterator[tuple[bytes, int, int]]:
    """Type, begin and end of a PNG's chunks: length and type of four bytes, content, checksum of four."""
    at = len(PNG) if data[: len(PNG)] == PNG else len(data)
    while at + 8 <= len(data) and (kind := bytes(data[at + 4 : at + 8])) != b"IDAT":
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        yield kind, at, end
        at = end


def is_heif(data: Data) -> bool:
    """Whether a picture is HEIC, as telephones make it, or AVIF, which has the same boxes."""
    return data[4:8] == b"ftyp" and data[8:12] in HEIF_BRANDS


def boxes(data: Data, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Each box of an ISO file between two places: its type, and where its content begins and ends.

    The end of the last may lie beyond the data, which is then cut short.
    """
    for _ in range(_MOST_BOXES):
        if start + 8 > end:
            return
        (length,), kind, head = struct.unpack_from(">I", data, start), bytes(data[start + 4 : start + 8]), 8
        if length == 1 and start + 16 <= end:
            (length,), head = struct.unpack_from(">Q", data, start + 8), 16
        stop = end if length == 0 else start + length
        yield kind, start + head, stop
        if stop < start + head:
            return
        start = stop


def _heif(data: Data) -> Size | None:
    """The largest of the pictures that a file is made of, as coded; the whole is as large as all tiles."""
    sizes = [
        struct.unpack_from(">II", data, begin + _VERSION)
        for begin, _ in _boxes_at(data, (0, len(data)), (b"meta", b"iprp", b"ipco", b"ispe"))
    ]
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _boxes_at(data: Data, within: tuple[int, int], path: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Where the boxes at the end of a path of types begin and end."""
    for kind, begin, end in boxes(data, within[0], min(within[1], len(data))):
        if kind == path[0] and len(path) == 1:
            yield begin, end
        elif kind == path[0]:
            yield from _boxes_at(data, (begin + _VERSION * (kind == b"meta"), end), path[1:])


def jpeg_segments(data: Data) -> Iterator[tuple[int, int]]:
    """Each marker of a JPEG with the place of its content, up to and with the end mark.

    Segments are walked by their length, so that those of an embedded thumbnail do not count. Inside coded
    data FF is followed by 00 or a restart marker.
    """
    found = _MARKER.search(data, len(JPEG))
    while found is not None:
        marker = found[1][0]
        yield marker, found.end()
        if marker == END_OF_IMAGE:
            return
        length = int.from_bytes(data[found.end() : found.end() + 2], "big")
        found = _MARKER.search(data, found.end() + length)


def _jpeg(data: Data) -> Size | None:
    for marker, at in jpeg_segments(data):
        if marker in STARTS_OF_FRAME:
            height, width = struct.unpack_from(">HH", data, at + 3)
            return width, height
    return None


def _png(data: Data) -> Size | None:
    if data[12:16] != b"IHDR":
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _gif(data: Data) -> Size:
    width, height = struct.unpack_from("<HH", data, 6)
    return width, height


def _bmp(data: Data) -> Size:
    core = struct.unpack_from("<I", data, 14)[0] == 12
    width, height = struct.unpack_from("<HH" if core else "<ii", data, 18)
    return abs(width), abs(height)


def _webp(data: Data) -> Size | None:
    kind = data[8:16]
    if kind == b"WEBPVP8X":
        return _little(data, 24, 3) + 1, _little(data, 27, 3) + 1
    if kind == b"WEBPVP8L":
        bits = _little(data, 21, 4)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if kind == b"WEBPVP8 ":
        return _little(data, 26, 2) & 0x3FFF, _little(data, 28, 2) & 0x3FFF
    return None


def _little(data: Data, at: int, size: int) -> int:
    return int.from_bytes(data[at : at + size], "little")


def _tiff(data: Data) -> Size | None:
    """Reads the first directory, in either byte order, of a classic TIFF or a BigTIFF."""
    order = "<" if data[:2] == b"II" else ">"
    big = struct.unpack_from(f"{order}H", data, 2)[0] == 43
    (directory,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, 8 if big else 4)
    (count,) = struct.unpack_from(f"{order}{'Q' if big else 'H'}", data, directory)
    first, step = (directory + 8, 20) if big else (directory + 2, 12)
    found: dict[int, int] = {}
    for at in range(first, first + step * min(count, 0xFFFF), step):
        tag, kind = struct.unpack_from(f"{order}HH", data, at)
        # Of a tag that occurs twice decoders take the first.
        if tag in _SIDES and tag not in found:
            found[tag] = _whole_number(data, at, order, big=big, kind=kind)
    if not {_WIDTH, _HEIGHT} <= found.keys():
        return None
    # A decoder holds a whole tile, however small the picture is.
    return max(found[_WIDTH], found.get(_TILE_WIDTH, 0)), max(found[_HEIGHT], found.get(_TILE_HEIGHT, 0))


def _whole_number(data: Data, at: int, order: str, *, big: bool, kind: int) -> int:
    """The value of a field that holds one number, and not the place of others.

    Raises:
        IndexError: It is not that simple.
    """
    (count,) = struct.unpack_from(f"{order}{'Q' if big else 'I'}", data, at + 4)
    kinds = {_SHORT: "H", _LONG: "I", **({_LONG8: "Q"} if big else {})}
    if count != 1 or kind not in kinds:
        raise IndexError
    return int(struct.unpack_from(f"{order}{kinds[kind]}", data, at + (12 if big else 8))[0])


_READERS: dict[bytes, Callable[[Data], Size | None]] = {
    JPEG: _jpeg,
    PNG: _png,
    b"GIF87a": _gif,
    b"GIF89a": _gif,
    RIFF: _webp,
    b"II*\0": _tiff,
    b"MM\0*": _tiff,
    b"II+\0": _tiff,
    b"MM\0+": _tiff,
    BMP: _bmp,
}
