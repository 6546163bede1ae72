"""A folder of which some pictures cannot be read."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge.camera.images import ImageReader
from edge.errors import SourceError
from tests.support.pictures import encoded


def folder_of(folder: Path, **contents: bytes) -> Path:
    for name, content in contents.items():
        (folder / f"{name}.jpg").write_bytes(content)
    return folder


def times(reader: ImageReader) -> list[float]:
    found = []
    while (step := reader.next()) is not None:
        found.append(step[1])
    return found


def test_a_broken_picture_is_passed_over(tmp_path: Path) -> None:
    """The others keep the time of their place, and who reads is told of it once."""
    skipped: list[SourceError] = []
    whole = encoded(".jpg")
    folder = folder_of(tmp_path, a=whole, b=whole[:300], c=b"", d=whole)
    assert times(ImageReader.of_folder(folder, 2, skipped.append)) == [0.0, 1.5]
    bad = [str(folder / "b.jpg"), str(folder / "c.jpg")]
    assert [str(error).split(" is ")[0] for error in skipped] == bad


def test_it_is_logged_where_nobody_else_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A daemon says it in its log."""
    times(ImageReader.of_folder(folder_of(tmp_path, a=encoded(".jpg"), b=b""), 2))
    assert "b.jpg is empty; it is passed over" in caplog.text


def test_a_folder_of_which_nothing_can_be_read_is_an_error(tmp_path: Path) -> None:
    """A recording without a frame is none."""
    with pytest.raises(SourceError, match="none of the 2 images"):
        times(ImageReader.of_folder(folder_of(tmp_path, a=b"", b=b"x"), 2))


def test_a_single_picture_that_cannot_be_read_is_its_own_error(tmp_path: Path) -> None:
    """There is nothing to go on with."""
    with pytest.raises(SourceError, match=r"a\.jpg is empty"):
        times(ImageReader((folder_of(tmp_path, a=b"") / "a.jpg",), 2))
