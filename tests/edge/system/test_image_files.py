"""Reading an image file, and noticing one that is not whole."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.errors import SourceError
from edge.system.image_files import cut_short, read_image
from tests.support.images import encoded, picture


def with_exif(jpeg: bytes, orientation: int = 1, thumbnail: bytes = b"") -> bytes:
    """Adds an EXIF segment with an orientation and, behind it, a thumbnail."""
    tag = b"\x12\x01\x03\x00\x01\x00\x00\x00" + bytes([orientation, 0, 0, 0])
    tiff = b"II*\x00\x08\x00\x00\x00" + b"\x01\x00" + tag + b"\x00\x00\x00\x00"
    body = b"Exif\x00\x00" + tiff + thumbnail
    return jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
def test_reads_every_kind(tmp_path: Path, suffix: str) -> None:
    """A whole picture of any kind is read as BGR."""
    file = tmp_path / f"face{suffix}"
    file.write_bytes(encoded(suffix))
    image = read_image(file)
    assert image.shape == (40, 60, 3)
    assert np.abs(image.astype(int) - picture()).mean() < 12


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tiff"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_refuses_a_picture_without_its_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], suffix: str, share: float
) -> None:
    """A picture that was cut off is an error that names the file, and stderr stays clean."""
    file = tmp_path / f"half{suffix}"
    data = encoded(suffix)
    file.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=f"half{suffix}"):
        read_image(file)
    assert capfd.readouterr().err == ""


def test_an_embedded_thumbnail_does_not_hide_the_missing_end(tmp_path: Path) -> None:
    """The end mark of a thumbnail in the EXIF data is not the picture's own."""
    jpeg = with_exif(encoded(".jpg"), thumbnail=encoded(".jpg"))
    assert not cut_short(jpeg)
    assert cut_short(jpeg[:-200])


def test_a_progressive_jpeg_with_bytes_behind_it_is_whole() -> None:
    """Several scans and what some cameras write behind the end mark are no damage."""
    jpeg = encoded(".jpg", cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2)
    assert not cut_short(jpeg + b"trailer \xff\x00")


@given(st.sampled_from([".jpg", ".png", ".webp", ".bmp"]), st.data())
def test_every_cut_is_noticed(suffix: str, data: st.DataObject) -> None:
    """Wherever a file is cut, it is known from its structure alone."""
    whole = encoded(suffix)
    cut = data.draw(st.integers(12, len(whole) - 1))
    assert cut_short(whole[:cut])


@given(st.binary(max_size=200))
def test_garbage_is_never_more_than_a_no(data: bytes) -> None:
    """The structure check survives any bytes behind any of the marks it knows."""
    for start in (b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"RIFF", b"BM"):
        assert cut_short(start + data) in {True, False}


def test_turns_as_exif_says(tmp_path: Path) -> None:
    """A picture of a camera that was held upright is turned, as OpenCV does."""
    file = tmp_path / "upright.jpg"
    file.write_bytes(with_exif(encoded(".jpg"), orientation=6))
    image = read_image(file)
    assert image.shape == (60, 40, 3)
    assert np.array_equal(image, cv2.imread(str(file)))


@pytest.mark.parametrize(("content", "says"), [(b"", "is empty"), (b"hello", "not a picture")])
def test_says_what_is_wrong_with_a_file(tmp_path: Path, content: bytes, says: str) -> None:
    """An empty file and one of another kind each get their own sentence."""
    file = tmp_path / "note.jpg"
    file.write_bytes(content)
    with pytest.raises(SourceError, match=says):
        read_image(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A name that leads nowhere is said with the system's reason."""
    with pytest.raises(SourceError, match=r"nobody\.png cannot be read: No such file"):
        read_image(tmp_path / "nobody.png")


def test_an_odd_colour_profile_is_not_complained_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The same pixels, and no word of libpng's on the terminal."""
    plain = encoded(".png")
    profile = bytearray(132)
    profile[0:4], profile[36:40] = struct.pack(">I", 132), b"acsp"
    content = b"iCCP" + b"ICC Profile\0\0" + zlib.compress(bytes(profile))
    chunk = struct.pack(">I", len(content) - 4) + content + struct.pack(">I", zlib.crc32(content))
    # The first chunk, IHDR, takes 25 bytes behind the signature.
    (tmp_path / "odd.png").write_bytes(plain[:33] + chunk + plain[33:])
    (tmp_path / "plain.png").write_bytes(plain)
    assert np.array_equal(read_image(tmp_path / "odd.png"), read_image(tmp_path / "plain.png"))
    assert capfd.readouterr().err == ""
    cv2.imdecode(np.frombuffer(plain[:33] + chunk + plain[33:], np.uint8), cv2.IMREAD_COLOR)
    assert "iCCP" in capfd.readouterr().err, "libpng does complain of it"
