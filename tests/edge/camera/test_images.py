"""Folders of images."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from edge.camera.images import ImageReader
from edge.errors import SourceError


def test_a_folder_gives_its_images_in_order_a_step_apart(tmp_path: Path) -> None:
    """Names decide the order, the frame rate the times; other files are passed over."""
    for name, grey in (("b.png", 20), ("a.jpg", 10), ("c.PNG", 30)):
        (tmp_path / name).write_bytes(cv2.imencode(name[-4:].lower(), np.full((8, 8, 3), grey))[1].tobytes())
    (tmp_path / "notes.txt").write_text("not a picture")
    reader = ImageReader.of_folder(tmp_path, 4)
    steps = []
    while (step := reader.next()) is not None:
        steps.append((round(float(step[0].mean())), step[1]))
    assert steps == [(10, 0.0), (20, 0.25), (30, 0.5)]


def test_a_folder_without_images_is_refused(tmp_path: Path) -> None:
    """A folder that holds none says which kinds count."""
    with pytest.raises(SourceError, match=r"holds no images \(\.avif, \.bmp, "):
        ImageReader.of_folder(tmp_path, 4)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path) -> None:
    """A folder that may not be listed, or is gone, is said to be so with the system's reason."""
    with pytest.raises(SourceError, match="gone cannot be read: No such file"):
        ImageReader.of_folder(tmp_path / "gone", 4)
