"""Pictures that are too large, of no known kind, or lack no more than their end mark."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.system.image_files import read_image, with_end_mark
from edge.system.picture_limit import USUAL_MEGAPIXELS, picture_limit
from tests.support.pictures import encoded, noise

JPEGS = {
    "baseline": (),
    "progressive": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1),
    "restarts": (cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "both": (cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_RST_INTERVAL, 2),
    "coarse": (cv2.IMWRITE_JPEG_QUALITY, 10),
}


@pytest.fixture
def small_limit() -> Iterator[None]:
    """A picture of 100x100 is the largest."""
    picture_limit.allow(0.01)
    yield
    picture_limit.allow(USUAL_MEGAPIXELS)


@pytest.mark.parametrize("jpeg", JPEGS)
@pytest.mark.parametrize("missing", [1, 2])
def test_a_jpeg_that_lacks_its_end_mark_is_whole(jpeg: str, missing: int) -> None:
    """With all coded data it is what it is with the mark."""
    whole = encoded(".jpg", noise(200, 120), *JPEGS[jpeg])
    assert with_end_mark(whole[:-missing]) == whole


@pytest.mark.parametrize("jpeg", JPEGS)
def test_a_jpeg_that_lacks_more_is_cut_short(jpeg: str) -> None:
    """Wherever it is cut, between two restarts or two scans too."""
    whole = encoded(".jpg", noise(100, 60), *JPEGS[jpeg])
    cuts = [*range(4, 80), *range(80, len(whole) - 2, max(1, len(whole) // 40))]
    assert [cut for cut in cuts if with_end_mark(whole[:-cut]) is not None] == []


def test_a_jpeg_without_end_mark_is_read(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The picture is that of the whole file, and a warning names the file."""
    file = tmp_path / "camera.jpg"
    file.write_bytes(encoded(".jpg")[:-2])
    assert np.array_equal(read_image(file), cv2.imdecode(np.frombuffer(encoded(".jpg"), np.uint8), 1))
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING
    assert "camera.jpg lacks its end mark" in warning.message
