"""The size of a picture, read before it is decoded."""

from __future__ import annotations

import struct
from io import BytesIO

import cv2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from edge.system.image_header import is_animated, is_animation, is_heif, size_of
from tests.support.pictures import animation, encoded, noise

KINDS = [".jpg", ".png", ".webp", ".bmp", ".tiff", ".gif"]


def tiff(order: str, big: bool, kind: int = 4) -> bytes:
    """The header of a TIFF of 70000x3, in either byte order, classic or BigTIFF."""
    mark = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    wide, entry = ("Q", "HHQQ") if big else ("I", "HHII")
    count = struct.pack(f"{order}{'Q' if big else 'H'}", 2)
    start = struct.pack(f"{order}HHQ", 8, 0, 16) if big else struct.pack(f"{order}I", 8)
    entries = b"".join(
        struct.pack(f"{order}{entry}", tag, 4, 1, value << (8 * (struct.calcsize(wide) - 4)) * (order == ">"))
        for tag, value in ((256, 70_000), (257, 3))
    )
    return mark + start + count + entries


@pytest.mark.parametrize("suffix", KINDS)
def test_the_size_of_every_kind(suffix: str) -> None:
    """Width and height are those of the decoded picture."""
    if suffix == ".gif" and not cv2.haveImageWriter("a.gif"):
        pytest.skip("this OpenCV writes no GIF")
    assert size_of(encoded(suffix, noise(61, 43))) == (61, 43)


def test_a_lossless_webp() -> None:
    """WebP has a second kind of header."""
    assert size_of(encoded(".webp", noise(61, 43), cv2.IMWRITE_WEBP_QUALITY, 101)) == (61, 43)


def test_an_extended_webp() -> None:
    """And a third, with three bytes for each side."""
    canvas = (29_999).to_bytes(3, "little") + (9).to_bytes(3, "little")
    assert size_of(b"RIFF\0\0\0\0WEBPVP8X\n\0\0\0\0\0\0\0" + canvas) == (30_000, 10)


def test_a_progressive_jpeg_behind_a_thumbnail() -> None:
    """The size is the picture's own, not that of the thumbnail in its EXIF data."""
    jpeg, thumbnail = encoded(".jpg", noise(61, 43), cv2.IMWRITE_JPEG_PROGRESSIVE, 1), encoded(".jpg")
    segment = b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail
    assert size_of(jpeg[:2] + segment + jpeg[2:]) == (61, 43)


def test_an_old_bitmap_and_one_from_above() -> None:
    """A core header has two bytes for each side; a negative height is a picture from above."""
    assert size_of(b"BM" + b"\0" * 12 + struct.pack("<IHH", 12, 300, 200)) == (300, 200)
    assert size_of(b"BM" + b"\0" * 12 + struct.pack("<Iii", 40, 300, -200)) == (300, 200)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("big", [False, True])
def test_every_kind_of_tiff(order: str, big: bool) -> None:
    """Either byte order, with four and with eight bytes for an offset."""
    assert size_of(tiff(order, big)) == (70_000, 3)


def entries(order: str, big: bool, *fields: tuple[int, int, int, int]) -> bytes:
    """The beginning of a TIFF with fields of tag, type, count, and value as it stands in the file."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42)
    head += struct.pack(f"{order}HHQ", 8, 0, 16) if big else struct.pack(f"{order}I", 8)
    head += struct.pack(f"{order}{'Q' if big else 'H'}", len(fields))
    return head + b"".join(struct.pack(f"{order}{'HHQQ' if big else 'HHII'}", *field) for field in fields)


WIDE, HIGH = (256, 4, 1, 9), (257, 4, 1, 9)


def test_a_tiff_does_not_lie_by_its_types() -> None:
    """An eight-byte number in either order, the first of two widths, and a tile beyond the picture count."""
    for order in "<>":
        wide, high = (256, 16, 1, 30_000), (257, 16, 1, 20_000)
        assert size_of(entries(order, True, wide, high)) == (30_000, 20_000)
    assert size_of(entries("<", False, (256, 4, 1, 30_000), WIDE, HIGH)) == (30_000, 9)
    tiles = ((322, 4, 1, 40_000), (323, 3, 1, 30_000))
    assert size_of(entries("<", False, WIDE, HIGH, *tiles)) == (40_000, 30_000)


@pytest.mark.parametrize(
    "field", [(256, 16, 1, 9), (256, 4, 2, 9), (256, 5, 1, 9), (256, 1, 1, 9), (256, 0, 1, 9)]
)
def test_a_tiff_whose_size_stands_elsewhere_has_none(field: tuple[int, int, int, int]) -> None:
    """A width that is an offset, a list or a fraction is not guessed at."""
    assert size_of(entries("<", False, field, HIGH)) is None


def test_what_is_no_picture_has_no_size() -> None:
    """Text, a video and nothing."""
    assert [size_of(data) for data in (b"", b"hello", b"RIFF\0\0\0\0AVI LIST", b"P6 9 9 255\n")] == [None] * 4


@given(st.sampled_from(KINDS[:5]), st.data())
def test_a_cut_or_changed_header_is_no_more_than_a_wrong_size(suffix: str, data: st.DataObject) -> None:
    """Whatever the bytes, there is an answer."""
    whole = bytearray(encoded(suffix))
    at = data.draw(st.integers(0, min(len(whole), 200) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    assert size_of(bytes(whole[: data.draw(st.integers(0, len(whole)))])) is not False


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_several_frames(kind: str) -> None:
    """An animation says so before its first frame; a single picture, whole or cut, is none."""
    single = BytesIO()
    Pillow.new("RGB", (64, 48), "red").save(single, kind)
    assert is_animated(animation(kind))
    assert not any(is_animated(single.getvalue()[:length]) for length in range(80))


def test_kinds_that_need_care() -> None:
    """A GIF and a PNG may hold many frames; a HEIC picture says so in its first box."""
    assert is_animation(b"GIF89a")
    assert is_animation(encoded(".png"))
    assert not is_animation(encoded(".jpg"))
    assert is_heif(b"\0\0\0\x18ftypheic\0\0\0\0")
    assert not is_heif(b"\0\0\0\x18ftypisom\0\0\0\0")
