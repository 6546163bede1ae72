"""HEIC and AVIF pictures: read where the plugin is installed, explained where it is not."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image as Pillow

from edge.errors import SourceError
from edge.system.image_files import picture_limit, pictures_in, read_image
from edge.system.image_header import size_of
from edge.types import Image
from tests.support.images import picture

TURNED = 6
"""EXIF: the top of the picture is at the right of what is stored."""


def made(kind: str, pixels: Image, orientation: int = 1) -> bytes:
    """A picture as a telephone makes it, from BGR or BGRA."""
    pillow_heif.register_heif_opener()
    image = Pillow.fromarray(np.ascontiguousarray(pixels[..., [2, 1, 0, *range(3, pixels.shape[2])]]))
    exif = image.getexif()
    exif[0x112] = orientation
    out = io.BytesIO()
    image.save(out, "AVIF" if kind == ".avif" else "HEIF", quality=95, exif=exif.tobytes())
    return out.getvalue()


@pytest.mark.parametrize("name", ["a.heic", "a.heif", "a.avif", "a.jpg"])
def test_is_read_like_any_picture(tmp_path: Path, name: str) -> None:
    """As BGR, whatever the file is called."""
    file = tmp_path / name
    file.write_bytes(made(file.suffix, picture()))
    image = read_image(file)
    assert (image.shape, image.dtype) == ((40, 60, 3), np.uint8)
    assert np.abs(image.astype(int) - picture()).mean() < 12


@pytest.mark.parametrize("kind", [".heic", ".avif"])
def test_is_turned_as_it_says(tmp_path: Path, kind: str) -> None:
    """A telephone that is held upright stores its picture on its side."""
    file = tmp_path / f"a{kind}"
    file.write_bytes(made(kind, picture(), TURNED))
    image = read_image(file)
    assert image.shape == (60, 40, 3)
    assert np.abs(image.astype(int) - np.rot90(picture(), -1)).mean() < 12


def test_its_header_has_the_size_as_coded() -> None:
    """HEVC codes whole blocks; what is beyond the picture is cut off again."""
    assert size_of(made(".heic", picture())) == (64, 64)
    assert size_of(made(".avif", picture())) == (60, 40)


def test_transparency_is_left_out(tmp_path: Path) -> None:
    """Three channels, as of every picture."""
    (tmp_path / "a.heic").write_bytes(made(".heic", np.dstack([picture(), np.full((40, 60), 9, np.uint8)])))
    assert read_image(tmp_path / "a.heic").shape == (40, 60, 3)


@pytest.mark.parametrize("kind", [".heic", ".avif"])
def test_is_refused_by_its_header_where_it_is_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """Nothing of it is decoded."""
    (tmp_path / f"a{kind}").write_bytes(made(kind, picture()))
    monkeypatch.setattr(picture_limit, "megapixels", 0.002)
    monkeypatch.setattr("edge.system.heif_images.decode", None)
    with pytest.raises(SourceError, match="pixels, more than a picture"):
        read_image(tmp_path / f"a{kind}")


@pytest.mark.parametrize("kind", [".heic", ".avif"])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.97])
def test_is_refused_where_it_is_cut_short(tmp_path: Path, kind: str, share: float) -> None:
    """One sentence that names the file."""
    data = made(kind, picture())
    (tmp_path / f"a{kind}").write_bytes(data[: int(len(data) * share)])
    with pytest.raises(SourceError, match=f"a{kind} is "):
        read_image(tmp_path / f"a{kind}")


def test_is_refused_where_it_is_damaged(tmp_path: Path) -> None:
    """Whatever stands in the place of its boxes."""
    data = made(".heic", picture())
    at = data.index(b"hvcC")
    (tmp_path / "a.heic").write_bytes(data[:at] + bytes(200) + data[at + 200 :])
    with pytest.raises(SourceError, match="damaged"):
        read_image(tmp_path / "a.heic")


@pytest.mark.parametrize("kind", [".heic", ".avif"])
def test_where_the_plugin_is_missing_the_extra_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """And what to do without it."""
    (tmp_path / f"a{kind}").write_bytes(made(kind, picture()))
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    monkeypatch.setitem(sys.modules, "pillow_heif", None)
    with pytest.raises(SourceError, match=r"extra `heif`.*convert it to JPEG"):
        read_image(tmp_path / f"a{kind}")


def test_the_plugin_with_an_encoder_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever has it needs no other."""
    (tmp_path / "a.heic").write_bytes(made(".heic", picture()))
    monkeypatch.setitem(sys.modules, "pi_heif", None)
    assert read_image(tmp_path / "a.heic").shape == (40, 60, 3)


def test_a_folder_has_them_among_its_pictures(tmp_path: Path) -> None:
    """Whatever the letters of the suffix."""
    for name in ("a.HEIC", "b.heif", "c.hif", "d.avif", "e.heics", "f.mov"):
        (tmp_path / name).touch()
    assert [file.name for file in pictures_in(tmp_path)] == ["a.HEIC", "b.heif", "c.hif", "d.avif"]
